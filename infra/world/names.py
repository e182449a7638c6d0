"""Names, streets, towns and telephone ranges of eight countries: the data tables of the synthetic world.

Within a list the frequent comes first; who draws from it prefers the front. All are common names, none a person.
"""

# ruff: noqa: RUF001 Turkish names have a dotless i

from typing import NamedTuple


class Country(NamedTuple):
    """What people of a country are called and where they live."""

    code: str
    """ISO 3166 alpha-2."""
    language: str
    """BCP 47."""
    calling_code: str
    weight: int
    """Share of the world's households, in percent."""
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]
    """(name, postcode); ``#`` in a postcode stands for any digit and ``@`` for any letter."""
    mobile: tuple[str, ...]
    """Mobile prefixes without trunk zero; seven digits follow each."""
    landline: tuple[str, ...]
    """Landline prefixes without trunk zero; six digits follow each."""
    house_first: bool
    """Whether the house number is written before the street."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(","))


def _towns(text: str) -> tuple[tuple[str, str], ...]:
    towns = []
    for entry in _words(text):
        name, _, postcode = entry.partition("=")
        towns.append((name, postcode))
    return tuple(towns)


GERMANY = Country(
    code="DE",
    language="de",
    calling_code="49",
    weight=40,
    men=_words("""
        Thomas, Michael, Andreas, Peter, Stefan, Christian, Klaus, Wolfgang, Hans, Martin, Frank, Markus,
        Daniel, Alexander, Jürgen, Matthias, Bernd, Sebastian, Jan, Tobias, Uwe, Florian, Dieter, Manfred,
        Ralf, Lukas, Felix, Maximilian, Leon, Paul, Jonas, Finn, Elias, Noah, Ben, Philipp, David, Simon,
        Moritz, Oliver, Jörg, Sven, Holger, Karsten, Rainer, Heinz, Günther, Norbert, Torsten, Dirk,
        Benjamin, Patrick, Dominik, Marcel, Robert, Johannes, Fabian, Julian, Niklas, Tim, Emil, Anton,
        Henri, Mats"""),
    women=_words("""
        Sabine, Susanne, Petra, Andrea, Claudia, Birgit, Monika, Anna, Julia, Katharina, Stefanie, Nicole,
        Martina, Gabriele, Ursula, Karin, Heike, Angelika, Brigitte, Renate, Christine, Anja, Sandra,
        Melanie, Laura, Lena, Sarah, Lisa, Hannah, Mia, Emma, Sophie, Marie, Lea, Emilia, Johanna, Clara,
        Charlotte, Katrin, Silke, Ute, Maria, Barbara, Elke, Simone, Kerstin, Tanja, Daniela, Franziska,
        Nina, Jana, Vanessa, Jessica, Carolin, Eva, Ingrid, Helga, Gisela, Luisa, Paula, Ida, Frieda, Greta,
        Mathilda"""),
    surnames=_words("""
        Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Schäfer, Koch,
        Bauer, Richter, Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hofmann,
        Hartmann, Lange, Schmitt, Werner, Schmitz, Krause, Meier, Lehmann, Schmid, Schulze, Maier, Köhler,
        Herrmann, König, Walter, Mayer, Huber, Kaiser, Fuchs, Peters, Lang, Scholz, Möller, Weiß, Jung,
        Hahn, Schubert, Vogel, Friedrich, Keller, Günther, Frank, Berger, Winkler, Roth, Beck, Lorenz,
        Baumann, Franke, Albrecht, Schuster, Simon, Ludwig, Böhm, Winter, Kraus, Martin, Schumacher, Krämer,
        Vogt, Stein, Jäger, Otto, Sommer, Groß, Seidel, Heinrich, Brandt, Haas, Schreiber, Graf, Schulte,
        Dietrich, Ziegler, Kuhn, Kühn, Pohl, Engel, Horn, Busch, Bergmann, Thomas, Voigt, Sauer, Arnold,
        Wolff, Pfeiffer, Nowak, Yılmaz, Hansen, Petersen, von der Heide"""),
    streets=_words("""
        Hauptstraße, Bahnhofstraße, Schulstraße, Gartenstraße, Dorfstraße, Bergstraße, Birkenweg,
        Lindenstraße, Kirchstraße, Waldstraße, Ringstraße, Schillerstraße, Goethestraße, Amselweg,
        Wiesenweg, Jahnstraße, Feldstraße, Rosenstraße, Am Sportplatz, Friedhofstraße, Buchenweg,
        Mozartstraße, Beethovenstraße, Talstraße, Eichenweg, Poststraße, Mühlweg, Lessingstraße,
        Uhlandstraße, Tulpenweg, Blumenstraße, Fliederweg, Kastanienallee, Ahornweg, Marktplatz, Burgstraße,
        Industriestraße, Rathausstraße, Mittelstraße, Neue Straße, Parkstraße, Königstraße, Kaiserstraße,
        Friedrichstraße, Wilhelmstraße, Bismarckstraße, Heinestraße, Mörikestraße, Finkenweg, Lerchenweg,
        Drosselweg, Meisenweg, Sonnenstraße, Südstraße, Nordstraße, Oststraße, Weststraße, Brunnenstraße,
        Steinweg, Am Anger, Kantstraße, Hegelstraße, Lärchenweg, Ulmenweg"""),
    towns=_towns("""
        Berlin=1011#, Berlin=1043#, Berlin=1205#, Berlin=1335#, Hamburg=2009#, Hamburg=2235#, München=8033#,
        München=8146#, Köln=5066#, Köln=5093#, Frankfurt am Main=6031#, Stuttgart=7017#, Düsseldorf=4021#,
        Leipzig=0410#, Dortmund=4413#, Essen=4512#, Bremen=2819#, Dresden=0106#, Hannover=3015#,
        Nürnberg=9040#, Duisburg=4705#, Bochum=4478#, Wuppertal=4210#, Bielefeld=3360#, Bonn=5311#,
        Münster=4814#, Karlsruhe=7613#, Mannheim=6815#, Augsburg=8615#, Wiesbaden=6518#,
        Gelsenkirchen=4587#, Mönchengladbach=4106#, Braunschweig=3810#, Chemnitz=0911#, Kiel=2410#,
        Aachen=5206#, Halle (Saale)=0610#, Magdeburg=3910#, Freiburg im Breisgau=7909#, Krefeld=4779#,
        Lübeck=2355#, Mainz=5511#, Erfurt=9908#, Rostock=1805#, Kassel=3411#, Saarbrücken=6611#,
        Potsdam=1446#, Heidelberg=6911#, Regensburg=9304#, Würzburg=9707#, Ulm=8907#, Göttingen=3707#,
        Trier=5429#, Jena=0774#, Bamberg=9604#, Konstanz=7846#, Passau=9403#, Lüneburg=2133#,
        Schwerin=1905#, Flensburg=2493#, Weimar=9942#, Görlitz=0282#"""),
    mobile=("1511", "1512", "1514", "1515", "1516", "1517", "1521", "1522", "1525", "1573", "1575", "1577"),
    landline=("302", "304", "403", "893", "221", "711", "699", "341", "511", "911"),
    house_first=False,
)

FRANCE = Country(
    code="FR",
    language="fr",
    calling_code="33",
    weight=14,
    men=_words("""
        Jean, Pierre, Michel, Philippe, Alain, Nicolas, Patrick, Christophe, Laurent, Thomas, Julien,
        Daniel, Bernard, Frédéric, Éric, David, Stéphane, Pascal, Alexandre, Antoine, Olivier, Maxime,
        Guillaume, Vincent, Lucas, Hugo, Louis, Gabriel, Arthur, Raphaël, Jules, Adam, Léo, Paul, Mathieu,
        Sébastien, Jérôme, François, Gérard, Serge, Romain, Clément, Benoît, Arnaud, Thierry, Denis, Marc,
        Luc, Henri, Cédric, Fabien, Yann, Loïc, Théo, Nathan, Enzo, Rémi, Xavier, Bruno, Gilles, Didier,
        Jean-Pierre, Jean-Luc, Jean-Marc"""),
    women=_words("""
        Marie, Nathalie, Isabelle, Sylvie, Catherine, Françoise, Martine, Christine, Monique, Valérie,
        Sandrine, Céline, Sophie, Anne, Julie, Camille, Émilie, Léa, Manon, Chloé, Emma, Jade, Louise,
        Alice, Inès, Sarah, Aurélie, Laura, Véronique, Stéphanie, Élodie, Virginie, Caroline, Hélène,
        Claire, Lucie, Mathilde, Juliette, Pauline, Charlotte, Nicole, Jacqueline, Brigitte, Dominique,
        Chantal, Annie, Corinne, Delphine, Audrey, Laetitia, Amandine, Marion, Anaïs, Océane, Clara, Zoé,
        Agathe, Rose, Eva, Margaux, Anne-Marie, Marie-Claude, Noémie, Élise"""),
    surnames=_words("""
        Martin, Bernard, Thomas, Petit, Robert, Richard, Durand, Dubois, Moreau, Laurent, Simon, Michel,
        Lefebvre, Leroy, Roux, David, Bertrand, Morel, Fournier, Girard, Bonnet, Dupont, Lambert, Fontaine,
        Rousseau, Vincent, Muller, Lefèvre, Faure, André, Mercier, Blanc, Guérin, Boyer, Garnier, Chevalier,
        François, Legrand, Gauthier, Garcia, Perrin, Robin, Clément, Morin, Nicolas, Henry, Roussel,
        Mathieu, Gautier, Masson, Marchand, Duval, Denis, Dumont, Marie, Lemaire, Noël, Meyer, Dufour,
        Meunier, Brun, Blanchard, Giraud, Joly, Rivière, Lucas, Brunet, Gaillard, Barbier, Arnaud, Martinez,
        Gérard, Roche, Renard, Schmitt, Roy, Leroux, Colin, Vidal, Caron, Picard, Roger, Fabre, Aubert,
        Lemoine, Renaud, Dumas, Lacroix, Olivier, Philippe, Bourgeois, Pierre, Benoît, Rey, Leclerc"""),
    streets=_words("""
        Rue de la Paix, Rue Victor Hugo, Rue de l'Église, Grande Rue, Rue du Moulin, Place de l'Église,
        Rue des Écoles, Rue de la Mairie, Rue du Château, Rue de la Gare, Rue Principale, Rue Pasteur,
        Rue des Lilas, Avenue Jean Jaurès, Rue Jean Moulin, Rue de la République, Rue de la Fontaine,
        Rue du Stade, Rue des Jardins, Rue Jules Ferry, Rue de Verdun, Avenue de la Gare, Rue des Tilleuls,
        Rue Saint-Martin, Impasse des Acacias, Chemin des Vignes, Rue du Lavoir, Rue Gambetta,
        Boulevard Voltaire, Rue Émile Zola, Rue des Roses, Rue du Bois, Rue Haute, Rue Basse, Rue Neuve,
        Allée des Pins, Rue de Bretagne, Cours Lafayette, Rue Molière, Rue Racine, Rue La Fontaine,
        Place du Marché, Rue du Four, Rue du Puits, Rue Carnot, Rue Thiers, Boulevard Carnot, Avenue Foch,
        Rue Lamartine, Rue Mozart, Rue Chopin, Rue Debussy, Rue Ravel, Quai de la Loire, Chemin du Moulin,
        Allée des Chênes, Rue des Prés, Rue des Champs, Rue Saint-Jean, Rue Saint-Pierre, Rue Notre-Dame,
        Rue du Port"""),
    towns=_towns("""
        Paris=7500#, Paris=7501#, Marseille=1300#, Lyon=6900#, Toulouse=31000, Toulouse=31200, Nice=06000,
        Nice=06300, Nantes=44000, Nantes=44300, Montpellier=34000, Strasbourg=67000, Bordeaux=33000,
        Bordeaux=33300, Lille=59000, Lille=59800, Rennes=35000, Reims=51100, Toulon=83000,
        Saint-Étienne=42000, Le Havre=76600, Grenoble=38000, Dijon=21000, Angers=49000, Nîmes=30000,
        Villeurbanne=69100, Clermont-Ferrand=63000, Le Mans=72000, Aix-en-Provence=13100, Brest=29200,
        Tours=37000, Amiens=80000, Limoges=87000, Annecy=74000, Metz=57000, Besançon=25000, Perpignan=66000,
        Orléans=45000, Rouen=76000, Mulhouse=68100, Caen=14000, Nancy=54000, Avignon=84000, Poitiers=86000,
        La Rochelle=17000, Pau=64000, Calais=62100, Cannes=06400, Antibes=06600, Colmar=68000, Troyes=10000,
        Lorient=56100, Quimper=29000, Valence=26000, Chambéry=73000, Bayonne=64100, Albi=81000, Arras=62000,
        Vannes=56000, Niort=79000, Laval=53000, Blois=41000"""),
    mobile=("61", "62", "66", "67", "68", "76", "77", "78"),
    landline=("142", "145", "491", "478", "561", "240", "388", "556", "320"),
    house_first=True,
)

BRITAIN = Country(
    code="GB",
    language="en",
    calling_code="44",
    weight=14,
    men=_words("""
        David, John, Michael, James, Andrew, Robert, Richard, Paul, Mark, William, Thomas, Christopher,
        Daniel, Stephen, Peter, Matthew, Simon, Ian, Anthony, Jonathan, Kevin, Alan, Gary, Martin, Benjamin,
        Joshua, Jack, Oliver, Harry, George, Charlie, Jacob, Alfie, Noah, Leo, Oscar, Samuel, Joseph, Adam,
        Ryan, Luke, Nathan, Liam, Connor, Callum, Graham, Neil, Keith, Colin, Nigel, Trevor, Barry, Stuart,
        Gareth, Craig, Lee, Dean, Jamie, Scott, Sean, Mohammed, Imran, Arjun, Theodore"""),
    women=_words("""
        Susan, Margaret, Sarah, Karen, Elizabeth, Julie, Patricia, Christine, Helen, Emma, Jacqueline,
        Claire, Laura, Rebecca, Jennifer, Nicola, Linda, Alison, Deborah, Catherine, Joanne, Charlotte,
        Olivia, Amelia, Isla, Ava, Mia, Grace, Freya, Lily, Emily, Sophie, Jessica, Chloe, Lucy, Hannah,
        Megan, Katie, Amy, Rachel, Victoria, Samantha, Michelle, Lisa, Tracey, Sharon, Angela, Janet, Carol,
        Jane, Ann, Mary, Diane, Gillian, Heather, Lorraine, Alice, Florence, Poppy, Evie, Daisy, Aisha,
        Priya, Zara"""),
    surnames=_words("""
        Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Robinson, Wright, Thompson, Evans,
        Walker, White, Roberts, Green, Hall, Wood, Jackson, Clarke, Patel, Khan, Lewis, James, Phillips,
        Mason, Mitchell, Rose, Davis, Rodriguez, Cox, Alexander, Stewart, Quinn, Robertson, Murphy, Hughes,
        Edwards, Turner, Harris, Cooper, Hill, Ward, Morris, Moore, Clark, Lee, King, Baker, Harrison,
        Morgan, Allen, Scott, Watson, Parker, Bennett, Young, Cook, Richardson, Carter, Shaw, Bell, Collins,
        Miller, Begum, Price, Ali, Kelly, Marshall, Griffiths, Simpson, Adams, Palmer, Murray, Mills, Webb,
        Rogers, Hunt, Hussain, Campbell, Matthews, Owen, Holmes, Knight, Foster, Barnes, Butler, Russell,
        Fisher, Stevens, Jenkins, Dixon, Fletcher, Pearson, Graham, Reid, Grant, O'Brien"""),
    streets=_words("""
        High Street, Station Road, Main Street, Park Road, Church Road, Church Street, London Road,
        Victoria Road, Green Lane, Manor Road, Park Avenue, Queens Road, New Road, Grange Road, Kings Road,
        Kingsway, Windsor Road, Highfield Road, Mill Lane, Alexander Road, York Road, Main Road, Broadway,
        King Street, The Green, Springfield Road, George Street, Park Lane, Victoria Street, Albert Road,
        Queensway, New Street, Queen Street, West Street, North Street, Manchester Road, The Grove,
        Richmond Road, Grove Road, South Street, School Lane, The Avenue, Chester Road, Mill Road,
        The Drive, North Road, Stanley Road, Albion Street, Cross Street, Church Lane, Elm Road, Oak Avenue,
        Chestnut Close, Meadow Way, Rectory Lane, Orchard Close, Birch Grove, Castle Street, Bridge Street,
        Sycamore Drive, Beech Road, Holly Lane"""),
    towns=_towns("""
        London=E1 #@@, London=N1 #@@, London=SE1 #@@, London=SW2 #@@, London=W3 #@@, London=NW6 #@@,
        Birmingham=B1 #@@, Leeds=LS1 #@@, Glasgow=G1 #@@, Sheffield=S1 #@@, Bradford=BD1 #@@,
        Liverpool=L1 #@@, Edinburgh=EH1 #@@, Manchester=M1 #@@, Bristol=BS1 #@@, Cardiff=CF10 #@@,
        Coventry=CV1 #@@, Leicester=LE1 #@@, Belfast=BT1 #@@, Nottingham=NG1 #@@,
        Newcastle upon Tyne=NE1 #@@, Plymouth=PL1 #@@, Southampton=SO14 #@@, Reading=RG1 #@@, Derby=DE1 #@@,
        Dundee=DD1 #@@, Portsmouth=PO1 #@@, Brighton=BN1 #@@, Northampton=NN1 #@@, Luton=LU1 #@@,
        Aberdeen=AB10 #@@, Norwich=NR1 #@@, Swansea=SA1 #@@, Oxford=OX1 #@@, Cambridge=CB1 #@@,
        York=YO1 #@@, Ipswich=IP1 #@@, Exeter=EX1 #@@, Gloucester=GL1 #@@, Peterborough=PE1 #@@,
        Lincoln=LN1 #@@, Bath=BA1 #@@, Chester=CH1 #@@, Worcester=WR1 #@@, Durham=DH1 #@@, Carlisle=CA1 #@@,
        Lancaster=LA1 #@@, Preston=PR1 #@@, Bolton=BL1 #@@, Blackpool=FY1 #@@, Warrington=WA1 #@@,
        Wigan=WN1 #@@, Swindon=SN1 #@@, Poole=BH15 #@@, Inverness=IV1 #@@, Perth=PH1 #@@, Stirling=FK8 #@@,
        Truro=TR1 #@@, Guildford=GU1 #@@, Hereford=HR1 #@@"""),
    mobile=("740", "741", "742", "746", "747", "748", "753", "775", "777", "785", "795"),
    landline=("2079", "2083", "1214", "1617", "1132", "1179", "1314", "1412"),
    house_first=True,
)

SPAIN = Country(
    code="ES",
    language="es",
    calling_code="34",
    weight=9,
    men=_words("""
        Antonio, José, Manuel, Francisco, David, Juan, Javier, Daniel, Jesús, Carlos, Alejandro, Miguel,
        Rafael, Pedro, Pablo, Ángel, Sergio, Fernando, Jorge, Luis, Alberto, Álvaro, Diego, Adrián, Raúl,
        Enrique, Ramón, Vicente, Iván, Rubén, Óscar, Andrés, Joaquín, Santiago, Víctor, Eduardo, Roberto,
        Jaime, Mario, Ignacio, Hugo, Mateo, Martín, Lucas, Leo, Gonzalo, Marcos, Salvador, José Luis,
        Juan Carlos, Miguel Ángel, Francisco Javier"""),
    women=_words("""
        María, Carmen, Ana, Isabel, Laura, Cristina, Marta, Dolores, Lucía, Pilar, Elena, Paula, Sara,
        Raquel, Rosa, Beatriz, Teresa, Julia, Silvia, Patricia, Irene, Andrea, Rocío, Mónica, Alba, Sofía,
        Mercedes, Ángela, Sandra, Susana, Marina, Nuria, Eva, Claudia, Yolanda, Martina, Margarita,
        Inmaculada, Natalia, Daniela, Carla, Sonia, Noelia, Alicia, Inés, Clara, Lorena, Esther,
        María Carmen, María José, Ana María, Valeria"""),
    surnames=_words("""
        García, Rodríguez, González, Fernández, López, Martínez, Sánchez, Pérez, Gómez, Martín, Jiménez,
        Hernández, Ruiz, Díaz, Moreno, Muñoz, Álvarez, Romero, Gutiérrez, Alonso, Navarro, Torres,
        Domínguez, Ramos, Vázquez, Ramírez, Gil, Serrano, Morales, Molina, Blanco, Suárez, Castro, Ortega,
        Delgado, Ortiz, Marín, Rubio, Núñez, Medina, Sanz, Castillo, Iglesias, Cortés, Garrido, Santos,
        Guerrero, Lozano, Cano, Cruz, Méndez, Flores, Prieto, Herrera, Peña, León, Márquez, Cabrera,
        Gallego, Calvo, Vidal, Campos, Reyes, Vega, Fuentes, Carrasco, Diez, Aguilar"""),
    streets=_words("""
        Calle Mayor, Calle Real, Calle Nueva, Calle del Sol, Calle de la Iglesia, Plaza Mayor,
        Calle San Juan, Calle San José, Calle Cervantes, Avenida de la Constitución, Calle del Carmen,
        Calle San Antonio, Calle Colón, Calle de la Fuente, Calle Goya, Calle Velázquez,
        Avenida de Andalucía, Calle Granada, Calle Sevilla, Calle Toledo, Calle Lepanto,
        Paseo de la Castellana, Calle Santiago, Calle Aragón, Calle Valencia, Ronda del Norte,
        Calle del Río, Calle Larga, Calle Ancha, Calle Alta, Camino Viejo, Calle del Molino,
        Avenida de España, Calle de las Flores, Calle Doctor Fleming, Calle Ramón y Cajal, Calle Murillo,
        Calle Pizarro, Calle Picasso, Calle Góngora, Calle del Pilar, Plaza de España"""),
    towns=_towns("""
        Madrid=2800#, Madrid=2801#, Barcelona=0800#, Barcelona=0801#, Valencia=4600#, Sevilla=4100#,
        Zaragoza=5000#, Málaga=2900#, Murcia=3000#, Palma=0700#, Bilbao=4800#, Alicante=0300#,
        Córdoba=1400#, Valladolid=4700#, Vigo=3620#, Gijón=3320#, Vitoria-Gasteiz=0100#, A Coruña=1500#,
        Granada=1800#, Elche=0320#, Oviedo=3300#, Cartagena=3020#, Pamplona=3100#, Almería=0400#,
        San Sebastián=2000#, Burgos=0900#, Santander=3900#, Albacete=0200#, Logroño=2600#, Badajoz=0600#,
        Salamanca=3700#, Huelva=2100#, Lleida=2500#, Tarragona=4300#, León=2400#, Cádiz=1100#, Jaén=2300#,
        Girona=1700#, Lugo=2700#, Toledo=4500#"""),
    mobile=("60", "61", "62", "63", "65", "66", "67", "68", "69"),
    landline=("914", "915", "932", "934", "963", "954", "976", "952"),
    house_first=False,
)

ITALY = Country(
    code="IT",
    language="it",
    calling_code="39",
    weight=8,
    men=_words("""
        Giuseppe, Giovanni, Antonio, Mario, Luigi, Francesco, Angelo, Vincenzo, Pietro, Salvatore, Carlo,
        Franco, Domenico, Bruno, Paolo, Michele, Giorgio, Aldo, Sergio, Luciano, Andrea, Marco, Alessandro,
        Stefano, Roberto, Matteo, Lorenzo, Davide, Simone, Luca, Riccardo, Federico, Gabriele, Tommaso,
        Leonardo, Edoardo, Mattia, Filippo, Nicola, Emanuele, Daniele, Fabio, Claudio, Massimo, Enrico,
        Alberto, Giacomo, Diego"""),
    women=_words("""
        Maria, Anna, Giuseppina, Rosa, Angela, Giovanna, Teresa, Lucia, Carmela, Caterina, Francesca,
        Antonietta, Carla, Elena, Concetta, Rita, Margherita, Franca, Paola, Laura, Giulia, Martina, Chiara,
        Sara, Alessia, Valentina, Federica, Silvia, Elisa, Sofia, Aurora, Giorgia, Alice, Emma, Greta,
        Beatrice, Ginevra, Camilla, Gaia, Roberta, Daniela, Monica, Barbara, Simona, Cristina, Patrizia,
        Stefania, Ilaria"""),
    surnames=_words("""
        Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo,
        Conti, De Luca, Mancini, Costa, Giordano, Rizzo, Lombardi, Moretti, Barbieri, Fontana, Santoro,
        Mariani, Rinaldi, Caruso, Ferrara, Galli, Martini, Leone, Longo, Gentile, Martinelli, Vitale,
        Lombardo, Serra, Coppola, De Santis, D'Angelo, Marchetti, Parisi, Villa, Conte, Ferraro, Ferri,
        Fabbri, Bianco, Marini, Grasso, Valentini, Messina, Sala, De Angelis, Gatti, Pellegrini, Palumbo,
        Sanna, Farina, Rizzi, Monti, Cattaneo, Morelli, Amato, Silvestri"""),
    streets=_words("""
        Via Roma, Via Garibaldi, Via Mazzini, Via Marconi, Via Dante Alighieri, Via Cavour,
        Via Giacomo Matteotti, Corso Italia, Via Giuseppe Verdi, Via Vittorio Veneto, Via Trieste,
        Via XX Settembre, Via Leonardo da Vinci, Via IV Novembre, Piazza Garibaldi, Via Kennedy, Via Trento,
        Via Gramsci, Via Venezia, Via San Francesco, Viale della Libertà, Via Milano, Via Torino,
        Via Galileo Galilei, Via Pascoli, Via Carducci, Via Manzoni, Via Leopardi, Via Puccini, Via Rossini,
        Piazza della Repubblica, Via dei Mille, Via Piave, Via Isonzo, Via San Marco, Via della Chiesa,
        Via delle Rose, Viale Europa, Via Firenze, Via Napoli"""),
    towns=_towns("""
        Roma=0010#, Roma=0018#, Milano=2012#, Milano=2015#, Napoli=8012#, Torino=1012#, Palermo=9013#,
        Genova=1612#, Bologna=4012#, Firenze=5012#, Bari=7012#, Catania=9512#, Venezia=3012#, Verona=3712#,
        Messina=9812#, Padova=3512#, Trieste=3412#, Taranto=7412#, Brescia=2512#, Parma=4312#, Prato=5910#,
        Modena=4112#, Reggio Emilia=4212#, Perugia=0612#, Livorno=5712#, Ravenna=4812#, Cagliari=0912#,
        Foggia=7112#, Rimini=4792#, Salerno=8412#, Ferrara=4412#, Latina=0410#, Monza=2090#, Siracusa=9610#,
        Bergamo=2412#, Pescara=6512#, Trento=3812#, Vicenza=3610#, Terni=0510#, Bolzano=3910#"""),
    mobile=("320", "328", "333", "335", "338", "339", "340", "347", "348", "349", "366", "392"),
    landline=("0648", "0248", "0817", "0115", "0514", "0552"),
    house_first=False,
)

NETHERLANDS = Country(
    code="NL",
    language="nl",
    calling_code="31",
    weight=6,
    men=_words("""
        Jan, Johannes, Willem, Pieter, Hendrik, Cornelis, Gerrit, Jacob, Dirk, Henk, Peter, Kees, Hans,
        Erik, Mark, Martijn, Jeroen, Bas, Tim, Tom, Daan, Sem, Lucas, Levi, Finn, Milan, Bram, Thijs, Ruben,
        Lars, Jesse, Sander, Maarten, Wouter, Rik, Niels, Stijn, Joost, Bart, Frank, Marco, Rob"""),
    women=_words("""
        Maria, Johanna, Anna, Cornelia, Elisabeth, Wilhelmina, Hendrika, Petra, Monique, Ingrid, Anja,
        Marianne, Linda, Esther, Sandra, Saskia, Emma, Julia, Sophie, Tess, Zoë, Mila, Sara, Eva, Lotte,
        Fleur, Anouk, Femke, Sanne, Iris, Marieke, Lieke, Noa, Roos, Maud, Floor, Els, Truus, Ria,
        Annemarie, Marloes, Wendy"""),
    surnames=_words("""
        de Jong, Jansen, de Vries, van den Berg, van Dijk, Bakker, Janssen, Visser, Smit, Meijer, de Boer,
        Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, de Wit, Dijkstra, Smits,
        de Graaf, van der Meer, van der Linden, Kok, Jacobs, de Haan, Vermeulen, van den Heuvel,
        van der Veen, van den Broek, de Bruijn, de Bruin, van der Heijden, Schouten, van Beek, Willems,
        van Vliet, van der Wal, Hoekstra, Maas, Verhoeven, Koster, van Dam, Prins, Blom, Huisman, Peeters,
        Kuipers, Veenstra, Postma"""),
    streets=_words("""
        Dorpsstraat, Kerkstraat, Molenweg, Schoolstraat, Julianastraat, Wilhelminastraat, Beatrixstraat,
        Nieuwstraat, Hoofdstraat, Stationsweg, Prins Hendrikstraat, Emmastraat, Eikenlaan, Beukenlaan,
        Kastanjelaan, Lindelaan, Industrieweg, Parallelweg, Marktstraat, Raadhuisstraat, Oranjestraat,
        Rembrandtstraat, Vondelstraat, Havenstraat, Kanaalstraat, Burgemeesterlaan, Sportlaan, Zandweg,
        Tulpstraat, Rozenstraat, Meidoornlaan, Acacialaan, Berkenlaan, Jan Steenstraat, Vermeerstraat,
        Mauritsstraat, Noordeinde, Zuideinde, Achterweg, Veldweg"""),
    towns=_towns("""
        Amsterdam=101# @@, Amsterdam=105# @@, Rotterdam=301# @@, Den Haag=251# @@, Utrecht=351# @@,
        Eindhoven=561# @@, Groningen=971# @@, Tilburg=501# @@, Almere=131# @@, Breda=481# @@,
        Nijmegen=651# @@, Apeldoorn=731# @@, Haarlem=201# @@, Arnhem=681# @@, Enschede=751# @@,
        Amersfoort=381# @@, Zaanstad=150# @@, Den Bosch=521# @@, Zwolle=801# @@, Leiden=231# @@,
        Maastricht=621# @@, Dordrecht=331# @@, Ede=671# @@, Alkmaar=181# @@, Delft=261# @@,
        Deventer=741# @@, Leeuwarden=891# @@, Hilversum=121# @@, Roosendaal=470# @@, Venlo=591# @@,
        Assen=940# @@, Gouda=280# @@, Hoorn=162# @@, Helmond=570# @@, Middelburg=433# @@"""),
    mobile=("61", "62", "63", "64", "65"),
    landline=("206", "104", "703", "302", "402", "505"),
    house_first=False,
)

POLAND = Country(
    code="PL",
    language="pl",
    calling_code="48",
    weight=5,
    men=_words("""
        Piotr, Krzysztof, Andrzej, Tomasz, Jan, Paweł, Michał, Marcin, Stanisław, Jakub, Adam, Marek,
        Łukasz, Grzegorz, Mateusz, Wojciech, Mariusz, Dariusz, Zbigniew, Jerzy, Maciej, Rafał, Robert,
        Kamil, Jacek, Dawid, Szymon, Kacper, Bartosz, Artur, Sebastian, Damian, Filip, Antoni, Franciszek,
        Mikołaj, Aleksander, Ryszard, Sławomir, Przemysław"""),
    women=_words("""
        Anna, Katarzyna, Maria, Małgorzata, Agnieszka, Barbara, Ewa, Magdalena, Elżbieta, Krystyna, Joanna,
        Aleksandra, Monika, Teresa, Zofia, Danuta, Natalia, Julia, Karolina, Marta, Beata, Dorota, Janina,
        Halina, Jadwiga, Alicja, Jolanta, Iwona, Grażyna, Paulina, Justyna, Zuzanna, Hanna, Wiktoria,
        Bożena, Urszula, Renata, Maja, Oliwia, Weronika"""),
    surnames=_words("""
        Nowak, Kowalski, Wiśniewski, Wójcik, Kowalczyk, Kamiński, Lewandowski, Zieliński, Szymański,
        Woźniak, Dąbrowski, Kozłowski, Jankowski, Mazur, Kwiatkowski, Wojciechowski, Krawczyk, Kaczmarek,
        Piotrowski, Grabowski, Zając, Pawłowski, Michalski, Król, Wieczorek, Jabłoński, Wróbel, Nowakowski,
        Majewski, Olszewski, Stępień, Malinowski, Jaworski, Adamczyk, Dudek, Nowicki, Pawlak, Górski,
        Witkowski, Walczak, Sikora, Baran, Rutkowski, Michalak, Szewczyk, Ostrowski, Tomaszewski, Pietrzak,
        Zalewski, Wróblewski, Marciniak, Jasiński"""),
    streets=_words("""
        ul. Polna, ul. Leśna, ul. Słoneczna, ul. Krótka, ul. Szkolna, ul. Ogrodowa, ul. Lipowa, ul. Łąkowa,
        ul. Brzozowa, ul. Kwiatowa, ul. Kościelna, ul. Sosnowa, ul. Zielona, ul. Parkowa, ul. Akacjowa,
        ul. Kolejowa, ul. Mickiewicza, ul. Sienkiewicza, ul. Kościuszki, ul. Słowackiego, ul. Długa,
        ul. Nowa, ul. Dębowa, ul. Spokojna, ul. Wiejska, ul. Spacerowa, ul. Klonowa, ul. Wiosenna,
        ul. Kopernika, ul. Żeromskiego, ul. Reymonta, ul. Sportowa, ul. Piaskowa, ul. Rynek, ul. Warszawska,
        ul. Chopina, ul. Konopnickiej, ul. Pogodna, ul. Górna, ul. Dworcowa"""),
    towns=_towns("""
        Warszawa=00-0##, Warszawa=02-5##, Kraków=30-0##, Łódź=90-0##, Wrocław=50-0##, Poznań=60-1##,
        Gdańsk=80-0##, Szczecin=70-0##, Bydgoszcz=85-0##, Lublin=20-0##, Białystok=15-0##, Katowice=40-0##,
        Gdynia=81-2##, Częstochowa=42-2##, Radom=26-6##, Toruń=87-1##, Sosnowiec=41-2##, Rzeszów=35-0##,
        Kielce=25-0##, Gliwice=44-1##, Olsztyn=10-0##, Zabrze=41-8##, Bielsko-Biała=43-3##, Bytom=41-9##,
        Zielona Góra=65-0##, Rybnik=44-2##, Opole=45-0##, Tychy=43-1##, Płock=09-4##, Elbląg=82-3##,
        Tarnów=33-1##, Koszalin=75-0##, Kalisz=62-8##, Legnica=59-2##, Nowy Sącz=33-3##"""),
    mobile=("50", "51", "60", "66", "69", "79"),
    landline=("226", "124", "713", "616", "583"),
    house_first=False,
)

TURKEY = Country(
    code="TR",
    language="tr",
    calling_code="90",
    weight=4,
    men=_words("""
        Mehmet, Mustafa, Ahmet, Ali, Hüseyin, Hasan, İbrahim, İsmail, Osman, Yusuf, Murat, Ömer, Ramazan,
        Halil, Süleyman, Abdullah, Mahmut, Recep, Salih, Fatih, Kadir, Emre, Hakan, Adem, Kemal, Yaşar,
        Bekir, Musa, Metin, Orhan, Bayram, Serkan, Burak, Can, Cem, Eren, Kaan, Deniz, Tolga, Volkan"""),
    women=_words("""
        Fatma, Ayşe, Emine, Hatice, Zeynep, Elif, Meryem, Şerife, Sultan, Hanife, Merve, Havva, Zehra, Esra,
        Özlem, Hacer, Yasemin, Hülya, Cemile, Sevim, Gülsüm, Leyla, Dilek, Büşra, Aysel, Songül, Kübra,
        Halime, Esma, Aynur, Hayriye, Kadriye, Sibel, Nur, Defne, Ebru, Ceren, Pınar, Selin, Derya"""),
    surnames=_words("""
        Yılmaz, Kaya, Demir, Çelik, Şahin, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç,
        Aslan, Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Özcan, Çakır, Erdoğan, Yavuz, Can,
        Acar, Şen, Aktaş, Güler, Yalçın, Güneş, Bozkurt, Bulut, Keskin, Ünal, Turan, Gül, Özer, Işık,
        Kaplan, Avcı, Sarı, Tekin, Taş, Köse, Yüksel, Ateş, Aksoy"""),
    streets=_words("""
        Atatürk Caddesi, Cumhuriyet Caddesi, İnönü Caddesi, Gazi Caddesi, İstiklal Caddesi, Fatih Caddesi,
        Lale Sokak, Gül Sokak, Menekşe Sokak, Papatya Sokak, Çınar Sokak, Zafer Caddesi, Barış Sokak,
        Okul Sokak, Cami Sokak, Çamlık Sokak, Bahçe Sokak, Yeni Sokak, Park Sokak, Sümbül Sokak,
        Karanfil Sokak, Nergis Sokak, Yıldız Sokak, Güneş Sokak, Mimar Sinan Caddesi, Mevlana Caddesi,
        Yunus Emre Caddesi, Kazım Karabekir Caddesi, Deniz Sokak, Orman Sokak, Pınar Sokak, Dere Sokak,
        Köprü Sokak, Çarşı Sokak, Hürriyet Caddesi, Bağlar Caddesi"""),
    towns=_towns("""
        İstanbul=3411#, İstanbul=3471#, İstanbul=3438#, Ankara=0610#, Ankara=0653#, İzmir=3521#,
        İzmir=3504#, Bursa=1604#, Adana=0101#, Gaziantep=2701#, Konya=4204#, Antalya=0704#, Kayseri=3801#,
        Mersin=3301#, Eskişehir=2601#, Diyarbakır=2101#, Samsun=5503#, Denizli=2001#, Şanlıurfa=6301#,
        Malatya=4410#, Trabzon=6103#, Erzurum=2501#, Van=6501#, Sakarya=5405#, Manisa=4501#,
        Balıkesir=1001#, Kocaeli=4104#, Muğla=4800#, Aydın=0902#, Tekirdağ=5902#"""),
    mobile=("530", "531", "532", "533", "535", "536", "541", "542", "543", "544", "545", "505", "506", "551"),
    landline=("2122", "2163", "3124", "2324", "2242"),
    house_first=False,
)

COUNTRIES = (GERMANY, FRANCE, BRITAIN, SPAIN, ITALY, NETHERLANDS, POLAND, TURKEY)

MAIL_DOMAINS = (
    "mail.example.com",
    "post.example.net",
    "web.example.org",
    "inbox.example.com",
    "webmail.example.net",
    "letters.example.org",
)
"""Domains that are reserved for examples, so no address belongs to anyone."""
