"""Short, pet and sister forms of given names: what makes Bill a William."""

from collections.abc import Iterable, Mapping

_GROUPS = """
abigail abby abbie gail
abraham abe abram bram
adam ad
adelaide ada addie adele
adrian ade
agnes aggie nessie
alan al allan allen
albert beto al bert bertie albrecht alberto
alexander alex al sandy alec alick lex sasha aleksander alejandro alessandro xander alexandre
alexandra sasha ola xandra alex sandra sandy lexi aleksandra alejandra alessandra
alfred al alf alfie fred alfredo
alice ali alicia elsie
amelia amy millie mia emilia
andrew andy drew andreas andre andrea andrzej anders andres
angela angie angelika
ann anya anny anna anne annie nan nancy nina hannah ana anja anita
anthony tono toni nino tony anton antonio antoine ant antoni
antonia tonya toni
archibald archie arch
arnold arnie
arthur art artie artur arturo
augustus gus august augustine
barbara bobbie barbel barb babs barbie basia
bartholomew bart barty bartosz
beatrice bea trixie beatrix
benedict ben benny
benjamin ben benny benji
bernard bernie bernhard
bertram bert bertie
bridget gitti biddy bridie brigid birgit brigitte
caroline carrie carol lina karoline karolina carolina
catherine kathi kat cathy kate katie kitty katherine kathryn cath kathleen kay catharine cate katharina kathrin katja
  karin katarzyna kasia caterina catalina katrin
cecilia cissie celia cecily
charles chip kalle charlie chuck carl karl carlos carlo chas chaz karol
charlotte lottie charlie lotte
christian chris
christina tina chris christine chrissie kirsty kristina cristina
christopher krzysiek chris kit topher christoph christophe krzysztof kester
clarence clare
clement clem
constance connie
cornelius con neil kees cornelis
cuthbert bert
cyril cy
daniel dan danny dani
david dave davy davie
deborah deb debbie debs
dennis den denny denis
derek del derrick
dominic dom dominik
donald don donnie
dorothy dot dotty dolly dora dorothea dorota
douglas doug
edmund ed eddie ned ted edmond  # codespell:ignore
edward ed eddie ned ted teddy eduard eduardo edouard  # codespell:ignore
edwin ed eddie
eleanor ellie nell nellie nora elinor leonora
elizabeth liz beth eliza betty bess bessie lizzie libby elsie lisa lizbeth elisabeth elspeth betsy ella lily isabel
  isabella isobel elise elzbieta
ellen nell nellie helen
emily em emmy millie emilie
emma em emmie
ernest ernie ernst ernesto
esther hester essie
eugene gene
evelyn eve evie
ferdinand nando ferdie fernando
florence flo florrie flossie
frances fran fanny frankie francesca franziska francoise
francis paco pancho chico checco frank fran francisco francesco franz francois franciszek frankie
franklin frank
frederick fred freddie freddy fritz friedrich frederic rick federico frederik
gabriel gabe
geoffrey geoff jeff jeffrey godfrey
george schorsch jurek georgie georg jorge giorgio georges jerzy jurgen
gerald gerry jerry
gerard gerry gerhard
gertrude gertie trudy
gilbert gil bert
gordon gordy
grace gracie
gregory greg gregor grzegorz
gwendolen gwen gwendoline
hannah anna nan hanna johanna
harold harry hal
harriet hattie harry
helen nell lena ellen helena helene elena
henry kike quique heiner harry hal hank heinrich hendrik henri enrique enrico henk heinz
herbert herb bert bertie
horace horry
hubert bert hugh
hugh hughie hugo
ignatius nacho iggy ignacio
ira irah
isaac ike zac
isabella bella izzy isabel isobel belle
jacob jake jakob jakub jacques
jacqueline jacky jackie
james jim jimmy jamie jem jaime jacobo giacomo
jane janie jenny jean janet joan
janet jan jenny
jennifer jen jenny
jeremiah jerry jeremy
jessica jess jessie
joan joanie jo
joanna asia jo joanne johanna joann
john vanya janek hannes jack johnny jon jock johannes johann jan juan giovanni jean hans ian sean evan ivan
jonathan jon john jonny
joseph beppe peppe pippo jupp ze pepi joe joey jo josef jose giuseppe jozef pepe sepp
josephine jo josie
joshua josh
judith judy jude
julia julie jill giulia
julian jules
katherine kate katie kathy kitty kay
kenneth ken kenny
laura laurie lolly
lawrence larry laurie lars lorenz laurence lorenzo
leonard len lenny leo leon leonhard
leopold leo
leslie les
lewis gigi lew louis lou ludwig luis luigi  # codespell:ignore
lillian lily lilly lilian
louisa lou louise luisa
lucy lucie lulu lucia
lydia lyddie
magdalena lena magda
margaret gosia maggie meg peggy madge margie daisy greta rita may margarete margarita marguerite malgorzata gretchen
maria masha marysia mary marie mia mitzi ria
marjorie marge margie  # codespell:ignore
mark marc markus marco marcus marek
martha mattie patty marta
martin marty martijn
mary molly polly may mamie maria marie maureen moll minnie
matilda tilly maud mattie mathilde
matthew matt mat mathias matthias mateusz matteo mateo
maurice morris moritz mo
maximilian max
michael mike mick mickey mikey michel miguel michele michal mischa
mildred millie
miranda mira
nathaniel nat nathan nate
neville nev
nicholas nick nicky nico nicolas klaus nikolaus niklas niels mikolaj colin nicola
nigel nige
norman norm
oliver ollie noll
oswald ozzie
pamela pam
patricia pat patsy trish paddy
patrick pat paddy rick
paul paulie pablo paolo pawel
penelope penny
percival percy
peter pete pieter pedro pietro piotr pierre petr
philip pippo filippo phil pip philipp felipe filip phillip
priscilla prissy cilla
rachel rae raquel
ralph raf rafe
raymond ray raimund
rebecca becky becca
reginald reg reggie
richard dick rick richie ricky dickie rich ricardo
robert bobbie beto roberto bob rob bobby robbie bert robin roberto rupert
roderick rod
rodney rod
roger rodge
roland rolly roly
ronald ron ronnie
rosalind ros roz
rose rosie rosa
rosemary rose rosie
rudolph rudi rudy rolf rudolf
rupert rob
samantha sammy sam
samuel sam sammy
sarah sally sadie sara
sebastian seb bastian
sidney sid sydney
sigmund sigi siggi
simon si simeon
solomon sol
sophia zosia sophie sofia zofia sofie
stanley stan
stephanie steffi stefanie steph
stephen steve steven stefan stephan esteban etienne stevie stefano
susan susi sue suzy susie susanna suzanne susannah sukie
sylvester sly
terence terry
theodore ted teddy theo theodor
theresa resi terry tess tessa teresa tracy
thomas tomek tom tommy tomasz tomas tam
timothy tim timmy
tobias toby
valentine val
veronica vroni veronika ronnie vera weronika
victor vic viktor vittorio
victoria vicky tori vic wiktoria queenie
vincent vince vin vincenz
virginia ginny
vivian viv
walter wally walt wat walther gualtiero
wilfred wilf fred wilfrid
wilhelmina minnie wilma mina
william memo bill billy will willie willy liam wilhelm guillermo guillaume willem wim
winifred winnie freda fred
zachary zach zack
achim joachim jochen jockel
alexei alexey aleksei aleksey aleksej alyosha lyosha
alison allison ally ali
alois loisl luis
amanda mandy
bradley brad
calvin cal
clayton clay
clinton clint
concepcion concha conchita
curtis curt kurt
cynthia cindy
dmitri dmitry dmitriy dimitri dima mitya
dolores lola lolita
edgar ed eddie edgardo  # codespell:ignore
eduarda duda
eduardo duda edu
ekaterina yekaterina katya katia katja
elena lena yelena
elijah eli
emmanuel manny manu emanuel
evgenia yevgenia zhenya
evgeny yevgeny evgeni zhenya
gabriele gabi gabriela gabriella gabby
guadalupe lupe lupita
irina ira irene
irving irv
jesus chuy chucho
kimberly kim kimberley
konstantin kostya
lorenzo enzo
manfred manni
manuel manolo manny manu
marvin marv
melanie mel
melinda mindy
melissa mel
melvin mel
mikhail misha mikhailo
mitchell mitch
mohammed momo mohd
monika moni monica
natalia natasha natalya nataliya natalie
nikolai nikolay kolya
olga olya
rafael rafa raphael
randall randy
randolph randy
rosario charo
russell russ rusty
sabine bine
salvatore sal salvador
sergei sergey serhii seryozha
stanislaw staszek stanislav
stuart stu stewart
svetlana sveta
tamara tammy toma
tatiana tatyana tanya tania
thaddeus tad thad
tyler ty
ulrich uli ulli
ulrike uli ulli
ursula ulla uschi
valerie val
vernon vern
vincenzo enzo
vladimir vova volodya wladimir volodymyr
wesley wes
wojciech wojtek
wolfgang wolf wolfi
yuri yuriy yury iurii yura
"""

_WOMENS_NAMES = """
    abigail adelaide agnes alexandra alice alison amanda amelia angela ann antonia barbara beatrice bridget caroline
    catherine cecilia charlotte christina clare concepcion constance cynthia deborah dolores dorothy eduarda ekaterina
    eleanor elena elizabeth ellen emily emma esther evelyn evgenia florence frances gabriele gertrude grace guadalupe
    gwendolen hannah harriet helen irina isabella jacqueline jane janet jennifer jessica joan joanna josephine judith
    julia katherine kimberly laura lillian louisa lucy lydia magdalena margaret maria marjorie martha mary matilda
    melanie melinda melissa mildred miranda monika natalia olga pamela patricia penelope priscilla rachel rebecca
    rosalind rosario rose rosemary sabine samantha sarah sophia stephanie susan svetlana tamara tatiana theresa ulrike
    ursula valerie veronica victoria virginia vivian wilhelmina winifred
"""
_WOMEN = frozenset(_WOMENS_NAMES.split())
"""The names above that women bear; the others are men's."""


def _groups() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _GROUPS.replace("\n  ", " ").strip().splitlines():
        names = line.partition("#")[0].split()
        for name in names:
            found.setdefault(name, set()).add(names[0])
    return {name: frozenset(heads) for name, heads in found.items()}


_HEADS = _groups()
_NONE: frozenset[str] = frozenset()


def same_by_nickname(one: str, other: str) -> bool:
    """Whether two given names, Latin and in lower case, are forms of one name."""
    heads = _HEADS.get(one)
    return heads is not None and not heads.isdisjoint(_HEADS.get(other, _NONE))


def which_is_untold(one: str, other: str, genders: Iterable[str]) -> bool:
    """Whether two forms of one name may be those of two: one of them is short for a man's name and for a woman's.

    Args:
        one: a given name, Latin and in lower case.
        other: another form of it.
        genders: ``f`` or ``m`` of the records, as far as they tell it: Pat, a woman, is Patricia.
    """
    mine, theirs = _HEADS.get(one, _NONE), _HEADS.get(other, _NONE)
    if not _is_of_both(mine) and not _is_of_both(theirs):
        return False
    women = mine & theirs & _WOMEN
    men = (mine & theirs) - _WOMEN
    told = set(genders)
    return not ((women and "f" in told and "m" not in told) or (men and "m" in told and "f" not in told))


def of_man_and_woman(one: str, other: str) -> bool:
    """Whether one name is known as a man's alone and the other one as a woman's alone: Patrick and Patricia."""
    mine, theirs = _HEADS.get(one), _HEADS.get(other)
    if mine is None or theirs is None or _is_of_both(mine) or _is_of_both(theirs):
        return False
    return mine.isdisjoint(_WOMEN) != theirs.isdisjoint(_WOMEN)


def _is_of_both(heads: frozenset[str]) -> bool:
    return 0 < len(heads & _WOMEN) < len(heads)


def long_form(name: str) -> str:
    """Return the name that a form stands for, the first in the alphabet where there are several."""
    heads = _HEADS.get(name)
    return name if heads is None or name in heads else min(heads)
