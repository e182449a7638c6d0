"""Records of invented people, written by hand as people keep them: who each is of, and what it says."""

from typing import NamedTuple


class Written(NamedTuple):
    """A record.

    Attributes:
        person: whose it is.
        traits: what it says.
        phone: in E.164 form; empty where it tells none.
        email: normalised; empty where it tells none.
    """

    person: str
    traits: dict[str, str]
    phone: str = ""
    email: str = ""


def _of(person: str, *records: Written) -> list[Written]:
    return [record._replace(person=person) for record in records]


def _w(name: str, born: str = "", address: str = "", phone: str = "", email: str = "", **more: str) -> Written:
    traits = {"full_name": name, "birth_date": born, "address": address, **more}
    return Written("", {key: value for key, value in traits.items() if value}, phone, email)


PEOPLE: list[Written] = [
    # Nicknames.
    *_of(
        "robert tully",
        _w("Robert Tully", "1961-08-14", "88 Quarry Rd, Dunmore, PA 18512"),
        _w("Bob Tully", "8/14/1961", "88 Quarry Road, Dunmore, PA 18512-2210"),
        _w("Tully, Rob", "Aug 14 1961", "88 Quarry Rd., Dunmore, PA", "+15705550101"),
    ),
    *_of(
        "margaret osei",
        _w("Margaret Osei", "1950-02-03", "14 Larch Close, Leeds LS7 3QX"),
        _w("Peggy Osei", "3 February 1950", "14 Larch Cl, Leeds, LS7 3QX"),
    ),
    *_of(
        "josef lindinger",
        _w("Josef Lindinger", "19.03.1948", "Mühlweg 7, 83022 Rosenheim"),
        _w("Sepp Lindinger", "1948-03-19", "Mühlweg 7, 83022 Rosenheim"),
    ),
    *_of(
        "francisco ibarra",
        _w("Francisco Ibarra Soto", "12/07/1975", "C/ Olmo 9, 28012 Madrid", country="ES"),
        _w("Paco Ibarra", "12 de julio de 1975", "Calle Olmo 9, 28012 Madrid"),
    ),
    *_of(
        "theodore wexler",
        _w("Theodore Wexler", "11/30/1983", "5 Bay Ct, Salem, OR 97301"),
        _w("Ted Wexler", "1983-11-30", "5 Bay Court Salem OR 97301"),
    ),
    # A father and his son.
    *_of(
        "harold kemper sr",
        _w("Harold Kemper Sr.", "1938-05-02", "410 Elm St, Galena, IL 61036"),
        _w("Harold Kemper, Senior", "5/2/1938", "410 Elm Street, Galena, Illinois 61036"),
    ),
    *_of(
        "harold kemper jr",
        _w("Harold Kemper Jr.", "1966-09-21", "410 Elm St, Galena, IL 61036"),
        _w("Kemper, Harold (Harry), Jr", "9/21/66", "410 Elm Street, Galena, IL 61036"),
    ),
    *_of("dwight pell ii", _w("Dwight Pell II", "", "3 Fern Ln, Barre, VT 05641", "+18025550133")),
    *_of("dwight pell iii", _w("Dwight Pell III", "", "3 Fern Lane, Barre, VT 05641", "+18025550133")),
    # A family at one address.
    *_of(
        "lucia marchetti",
        _w("Lucia Marchetti", "04/06/1979", "Via Verdi 12, 20121 Milano MI", country="IT"),
        _w("Marchetti Lucia", "1979-06-04", "Via Verdi 12, 20121 Milano"),
    ),
    *_of(
        "paolo marchetti",
        _w("Paolo Marchetti", "17/01/1976", "Via Verdi 12, 20121 Milano MI", country="IT"),
        _w("MARCHETTI Paolo", "17 gennaio 1976", "Via Verdi, 12, Milano"),
    ),
    *_of("giulia marchetti", _w("Giulia Marchetti", "2009-10-30", "Via Verdi 12, 20121 Milano")),
    # Married, with one telephone; twins.
    *_of(
        "karen olufsen",
        _w("Karen Olufsen", "", "71 Harbor Dr Apt 3, Astoria, OR 97103", "+15035550147"),
        _w("Karen Olufsen", "", "71 Harbor Drive #3 Astoria OR 97103", "+15035550147"),
    ),
    *_of("dale olufsen", _w("Dale Olufsen", "", "71 Harbor Dr Apt 3, Astoria, OR 97103", "+15035550147")),
    *_of("mia sandoval", _w("Mia Sandoval", "2001-04-09", "9 Mesa Cir, Yuma, AZ 85364")),
    *_of("eva sandoval", _w("Eva Sandoval", "2001-04-09", "9 Mesa Circle, Yuma, AZ 85364")),
    # Double surnames, maiden names, particles.
    *_of(
        "ana ruiz ferrer",
        _w("Ana Ruiz Ferrer", "1988-12-01", "10 Cedar Ave, Reno, NV 89501", last_name="Ruiz Ferrer"),
        _w("Ana Ruiz", "12/1/1988", "10 Cedar Avenue, Reno, NV 89501"),
    ),
    *_of(
        "helen clarke-wood",
        _w("Helen Clarke-Wood", "1972-07-19", "2 Mill Lane, York YO1 7HH", last_name="Clarke-Wood"),
        _w("Helen Wood", "19/07/1972", "2 Mill Ln, York YO1 7HH"),
    ),
    *_of(
        "birgit ahlers",
        _w("Birgit Ahlers geb. Thoms", "24.12.1969", "Am Deich 3, 26721 Emden"),
        _w("Birgit Thoms", "1969-12-24", "Am Deich 3, 26721 Emden"),
    ),
    *_of(
        "pieter van der meer",
        _w("Pieter van der Meer", "8 mei 1954", "Keizersgracht 210, 1016 DX Amsterdam"),
        _w("Pieter Vandermeer", "1954-05-08", "Keizersgracht 210, Amsterdam"),
        _w("P. van der Meer", "08-05-1954", "Keizersgracht 210, 1016DX Amsterdam", country="NL"),
    ),
    *_of(
        "sean obrien",
        _w("Sean O'Brien", "1990-03-17", "6 Bog Rd, Galway"),
        _w("Sean O Brien", "17 March 1990", "6 Bog Road, Galway"),
    ),
    # Initials and call names.
    *_of(
        "james whitlock",
        _w("James Robert Whitlock", "1947-01-25", "900 N 4th St, Boise, ID 83702"),
        _w("J. Robert Whitlock", "1/25/1947", "900 North Fourth Street, Boise, ID 83702"),
        _w('James "Jim" Whitlock', "25-Jan-47", "900 N. 4th St., Boise ID"),
    ),
    *_of(
        "john strand",
        _w("John Strand", "1958-06-11", "PO Box 77, Ely, MN 55731"),
        _w("Strand, John (Jack)", "6/11/58", "P.O. Box 77, Ely, MN 55731"),
    ),
    # Pat is Patrick or Patricia.
    *_of("patrick doyle", _w("Patrick Doyle", "", "31 Hill St, Butte, MT 59701")),
    *_of("patricia doyle", _w("Patricia Doyle", "", "31 Hill St, Butte, MT 59701")),
    *_of("pat doyle", _w("Pat Doyle", "", "31 Hill St, Butte, MT 59701")),
    # Dates that are partly told, or impossible.
    *_of(
        "nora lindqvist",
        _w("Nora Lindqvist", "1993-02-31", "18 Birch Way, Duluth, MN 55802"),
        _w("Nora Lindqvist", "1993-02-21", "18 Birch Way, Duluth, MN 55802"),
    ),
    *_of(
        "omar haddad",
        _w("Omar Haddad", "1985", "77 Lake Blvd, Madison, WI 53703", "+16085550190"),
        _w("Omar Haddad", "10/5/1985", "77 Lake Boulevard, Madison, WI 53703", "+16085550190"),
    ),
    *_of(
        "zoe tran",
        _w("Zoe Tran", "24-May-11", "12 Palm Dr, Mesa, AZ 85201"),
        _w("Zoe Tran", "2011-05-24", "12 Palm Drive, Mesa, AZ 85201"),
    ),
    # Hardly anything told: the surname and a telephone.
    *_of(
        "ackerly",
        _w("", "", "", "+12075550111", last_name="Ackerly"),
        _w("", "", "", "+12075550111", last_name="Ackerly"),
    ),
    # An office's address is nobody's.
    *_of("tom farrow", _w("Tom Farrow", "", "", "", "info@farrow-marine.example", city="Hull")),
    *_of("lena brandt", _w("Lena Brandt", "", "", "", "info@farrow-marine.example", city="Hull")),
    # Namesakes in different towns.
    *_of("david price 1", _w("David Price", "1970-10-10", "4 King St, Springfield, IL 62701")),
    *_of("david price 2", _w("David Price", "1981-03-02", "4 King St, Springfield, MA 01103")),
    # Ordinary records, several times.
    *_of(
        "grace muller",
        _w("Grace Müller", "1987-09-05", "Hauptstr. 5, 80331 München", email="gm77@example.org"),
        _w("Mueller, Grace", "05.09.1987", "Hauptstraße 5, 80331 Muenchen"),
        _w("Dr. Grace Müller", "5. September 1987", "", email="gm77@example.org"),
    ),
]
