"""Short, pet and sister forms of given names: what makes Bill a William."""

from collections.abc import Mapping

_GROUPS = """
abigail abby abbie gail
abraham abe abram bram
adam ad
adelaide ada addie adele
adrian ade
agnes aggie nessie
alan al allan allen
albert al bert bertie albrecht alberto
alexander alex al sandy alec alick lex sasha aleksander alejandro alessandro xander alexandre
alexandra alex sandra sandy lexi aleksandra alejandra alessandra
alfred al alf alfie fred alfredo
alice ali alicia elsie
amelia amy millie mia emilia
andrew andy drew andreas andre andrea andrzej anders andres
angela angie angelika
ann anna anne annie nan nancy nina hannah ana anja anita
anthony tony anton antonio antoine ant antoni
antonia toni
archibald archie arch
arnold arnie
arthur art artie artur arturo
augustus gus august augustine
barbara barb babs barbie basia
bartholomew bart barty bartosz
beatrice bea trixie beatrix
benedict ben benny
benjamin ben benny benji
bernard bernie bernhard
bertram bert bertie
bridget biddy bridie brigid birgit brigitte
caroline carrie carol lina karoline karolina carolina
catherine cathy kate katie kitty katherine kathryn cath kathleen kay catharine cate katharina kathrin katja karin
  katarzyna kasia caterina catalina katrin
cecilia cissie celia cecily
charles charlie chuck carl karl carlos carlo chas chaz karol
charlotte lottie charlie lotte
christian chris
christina tina chris christine chrissie kirsty kristina cristina
christopher chris kit topher christoph christophe krzysztof kester
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
ferdinand ferdie fernando
florence flo florrie flossie
frances fran fanny frankie francesca franziska francoise
francis frank fran francisco francesco franz francois franciszek frankie
franklin frank
frederick fred freddie freddy fritz friedrich frederic rick federico frederik
gabriel gabe
geoffrey geoff jeff jeffrey godfrey
george georgie georg jorge giorgio georges jerzy jurgen
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
henry harry hal hank heinrich hendrik henri enrique enrico henk heinz
herbert herb bert bertie
horace horry
hubert bert hugh
hugh hughie hugo
ignatius iggy ignacio
ira irah
isaac ike zac
isabella bella izzy isabel isobel belle
jacob jake jakob jakub jacques
jacqueline jackie
james jim jimmy jamie jem jaime jacobo giacomo
jane janie jenny jean janet joan
janet jan jenny
jennifer jen jenny
jeremiah jerry jeremy
jessica jess jessie
joan joanie jo
joanna jo joanne johanna joann
john jack johnny jon jock johannes johann jan juan giovanni jean hans ian sean evan ivan
jonathan jon john jonny
joseph joe joey jo josef jose giuseppe jozef pepe sepp
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
lewis lew louis lou ludwig luis luigi  # codespell:ignore
lillian lily lilly lilian
louisa lou louise luisa
lucy lucie lulu lucia
lydia lyddie
magdalena lena magda
margaret maggie meg peggy madge margie daisy greta rita may margarete margarita marguerite malgorzata gretchen
maria mary marie mia mitzi ria
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
philip phil pip philipp felipe filip phillip
priscilla prissy cilla
rachel rae raquel
ralph raf rafe
raymond ray raimund
rebecca becky becca
reginald reg reggie
richard dick rick richie ricky dickie rich ricardo
robert bob rob bobby robbie bert robin roberto rupert
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
samantha sam
samuel sam sammy
sarah sally sadie sara
sebastian seb bastian
sidney sid sydney
sigmund sigi siggi
simon si simeon
solomon sol
sophia sophie sofia zofia sofie
stanley stan
stephanie steph
stephen steve steven stefan stephan esteban etienne stevie stefano
susan sue suzy susie susanna suzanne susannah sukie
sylvester sly
terence terry
theodore ted teddy theo theodor
theresa terry tess tessa teresa tracy
thomas tom tommy tomasz tomas tam
timothy tim timmy
tobias toby
valentine val
veronica ronnie vera weronika
victor vic viktor vittorio
victoria vicky tori vic wiktoria queenie
vincent vince vin vincenz
virginia ginny
vivian viv
walter wally walt wat walther gualtiero
wilfred wilf fred wilfrid
wilhelmina minnie wilma mina
william bill billy will willie willy liam wilhelm guillermo guillaume willem wim
winifred winnie freda fred
zachary zach zack
"""


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


def long_form(name: str) -> str:
    """Return the name that a form stands for, the first in the alphabet where there are several."""
    heads = _HEADS.get(name)
    return name if heads is None or name in heads else min(heads)
