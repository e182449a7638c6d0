"""What people are called: short forms of the given names in `infra.world.names`."""

from collections.abc import Mapping

_TABLE = """
Thomas=Tom, Michael=Mike Michi, Andreas=Andi, Stefan=Steff, Christian=Chris, Wolfgang=Wolf, Hans=Hansi, Markus=Mark,
Daniel=Dan Dani, Alexander=Alex, Matthias=Matze, Sebastian=Basti Seb, Tobias=Tobi, Florian=Flo, Manfred=Manni,
Maximilian=Max, Philipp=Phil, Oliver=Olli Ollie, Benjamin=Ben Benny, Patrick=Pat, Dominik=Domi, Robert=Rob Bob,
Johannes=Hannes, Julian=Jule, Susanne=Susi, Claudia=Claudi, Monika=Moni, Katharina=Kathi, Stefanie=Steffi,
Nicole=Nicki, Gabriele=Gabi, Ursula=Uschi, Angelika=Geli, Brigitte=Gitte, Christine=Chris Tina, Melanie=Meli,
Johanna=Hanna, Charlotte=Lotte Charlie, Barbara=Babs, Daniela=Dani, Franziska=Franzi, Vanessa=Nessa, Jessica=Jess
Jessi, David=Dave, John=Jack, James=Jim Jimmy, Andrew=Andy Drew, Richard=Dick Rick, William=Bill Will,
Christopher=Chris, Stephen=Steve, Peter=Pete, Matthew=Matt, Anthony=Tony, Jonathan=Jon, Kevin=Kev, Joshua=Josh,
Charlie=Chas, Jacob=Jake, Samuel=Sam, Joseph=Joe, Nathan=Nate, Margaret=Maggie Peggy, Elizabeth=Liz Beth, Patricia=Pat
Trish, Jacqueline=Jackie, Rebecca=Becky, Jennifer=Jenny Jen, Deborah=Debbie, Catherine=Cathy Kate, Olivia=Liv,
Emily=Em, Sophie=Soph, Victoria=Vicky, Samantha=Sam, Michelle=Shelly, Susan=Sue, Nicolas=Nico, Frédéric=Fred,
Alexandre=Alex, Guillaume=Guy, Sébastien=Seb, Nathalie=Nath, Isabelle=Isa, Françoise=Fanfan, Valérie=Val,
Stéphanie=Steph, Véronique=Véro, Caroline=Caro, Francisco=Paco Fran, José=Pepe, Manuel=Manolo, Ignacio=Nacho,
Antonio=Toni Antoñito, Enrique=Quique, Jesús=Chus, Dolores=Lola, Concepción=Concha, Francisca=Paqui, Josefa=Pepa,
Isabel=Isa, Pilar=Pili, Mercedes=Merche, Rosario=Charo, Giuseppe=Beppe Pino, Francesco=Franco Ciccio, Salvatore=Totò,
Vincenzo=Enzo, Giovanni=Gianni, Luigi=Gigi, Alessandro=Ale Sandro, Roberto=Berto, Giuseppina=Pina, Francesca=Franca,
Alessandra=Ale Sandra, Elisabetta=Betta, Johanna=Jo, Willem=Wim, Hendrik=Henk, Cornelis=Cor Kees, Gerardus=Gerard,
Elisabeth=Els Lies, Wilhelmina=Mien, Krzysztof=Krzysiek, Andrzej=Andrzejek, Tomasz=Tomek, Jan=Janek, Michał=Michałek,
Jakub=Kuba, Piotr=Piotrek, Katarzyna=Kasia, Małgorzata=Gosia, Agnieszka=Aga, Magdalena=Magda, Elżbieta=Ela,
Joanna=Asia, Aleksandra=Ola, Mehmet=Memo, Mustafa=Mıstık, Süleyman=Sülo, Fatma=Fatoş, Ayşe=Ayşecik, Zeynep=Zeyno
"""  # noqa: RUF001 Turkish names have a dotless i


def _parsed() -> Mapping[str, tuple[str, ...]]:
    table = {}
    for entry in _TABLE.split(","):
        name, _, called = entry.strip().partition("=")
        table[name] = tuple(called.split())
    return table


NICKNAMES = _parsed()
"""Given name to what friends say, as written by somebody at a till."""
