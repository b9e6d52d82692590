# ruff: noqa: E501, SIM905, RUF005 (tables of names read better as long lines of words)
"""Name pools of the synthetic population: hand-written from general knowledge of naming in the Netherlands; no person is real.

Common Dutch surnames carry the shares of dutch-identity.md section 8 (2007 counts); the long tail is composed from parts.
"""

DUTCH_SURNAMES = """de Jong|Jansen|de Vries|van den Berg|van Dijk|Bakker|Janssen|Visser|Smit|Meijer|de Boer|Mulder|de Groot|Bos|Vos|Peters
Hendriks|van Leeuwen|Dekker|Brouwer|de Wit|Dijkstra|Smits|de Graaf|van der Meer|van der Linden|Kok|Jacobs|de Haan|Vermeulen
van den Heuvel|van der Veen|van den Broek|de Bruijn|van der Heijden|Schouten|van Beek|Willems|van Vliet|van de Ven|Hoekstra|Maas
Verhoeven|Koster|van Dam|van der Wal|Prins|Blom|Huisman|Peeters|de Jonge|Kuipers|van Veen|Kramer|Post|Kuiper|Veenstra|van Wijk
Postma|Martens|van den Brink|van Es|Hermans|Sanders|Scholten|van Rijn|Timmermans|Groen|Koning|van Loon|van der Velden|Bosch|Molenaar
Wolters|van den Bosch|Schipper|Willemsen|Hofman|Driessen|Evers|Gerritsen|Hoogendoorn|van Doorn|Bouwman|Cornelissen|van Vugt|de Bruin
van den Bos|Boersma|Schouten|Sluis|Zijlstra|Terpstra|Bijlsma|Kooistra|Wiersma|van der Ploeg|van 't Hof|in 't Veld|van der Horst|Lammers
Verbeek|Verburg|Vermeer|Verhagen|Versteeg|van Egmond|Roos|Kroon|Zwart|Zwarts|Wouters|Thijssen|Theunissen|Lambrechts|Leenders|Mertens
ter Horst|ten Brink|te Riet|Nijhuis|Nijland|Oude Luttikhuis|Kuijpers|Kuijper|Heijmans|Huijsmans|Buijs|Kruijs|Nieuwenhuis|Achterberg
Aalbers|Albers|Alberts|Elbers|Elzinga|Hofstra|Haverkamp|Hogenboom|Hagen|Houtman|Kamphuis|Karels|Kersten|Ketelaar|Klomp|Knol|Koelewijn
Koopman|Korver|Kranenburg|Lubbers|Luijten|Mol|Mooij|Muller|Noordhoek|Olthof|Oosterhuis|Otten|Pieters|Poort|Reijnders|Rietveld|Rutten
Schaap|Scheffer|Schreuder|Simons|Slagter|Snijders|Spijker|Stam|Steenbergen|Swart|Teunissen|Tuinstra|Uitterhoeve|Veldhuis|Verweij
Vink|Voogd|Vreugdenhil|Weijers|Westra|Wierda|Witte|Woudstra|Zeeman|Zegers|Zwiers""".replace("\n", "|").split("|")

PREFIX_SHARE = (
    (0.80, ""),
    (0.05, "van"),
    (0.04, "de"),
    (0.04, "van der"),
    (0.03, "van den"),
    (0.02, "van de"),
    (0.01, "ter"),
    (0.01, "van 't"),
)
TAIL_STARTS = """Berk Bloem Boek Boom Bosch Braam Breed Brem Broek Brug Burg Dal Dijk Doorn Duin Eik Els Esch Gast Geer Gras Groen Haag Haver Heg Heid
Hoef Hoog Hout Iep Kamp Kerk Klaver Klein Klooster Kool Korn Kraai Kruis Laar Lang Leeuw Lind Loo Meen Meer Mole Moor Muis Nieuw Noord Olm Oost
Over Paal Peppel Pol Poel Raad Ree Riet Rog Roos Ruig Schaap Schoon Schuur Slag Slot Sneek Spaan Spring Steen Sterk Stroom Tarwe Tol Turf Uiter
Valk Veer Veld Ven Vlier Vogel Voor Vrij Waard Wal Water Weg Weide West Wiel Wild Wilg Winter Wolf Woud Zand Zee Zeven Zilver Zomer Zuid Zwaan""".split()
TAIL_ENDS = """akker aar beek berg boer boom bos broek brink burg daal dam dijk donk dorp drecht eman haar hage ham heem hoek hof horst hout huis huizen inga kamp
kerk kuil laan laar land leer loo maat man meer meijer mans molen moer ooij pas plas poort rade raad ring rijk sema schot sloot sma sluis stad steeg stein stra
straat swaard tjes veen veld ven vliet voort vorst waard wal weide werf wijk wold woude zicht zand""".split()
TAIL_FIXES = ("", "", "", "", "en", "s", "er", "se")

MEN = """Johannes Jan Cornelis Hendrik Willem Pieter Petrus Gerrit Jacobus Antonius Wilhelmus Johan Dirk Hendrikus Nicolaas Franciscus Martinus Gerardus
Marinus Adrianus Theodorus Leonardus Lambertus Albertus Jacob Klaas Arie Paulus Simon Frederik Robert Ronald Marcel Peter Erik Mark Richard Marco Dennis
Martijn Jeroen Bas Sander Tim Tom Thomas Daan Sem Lucas Luuk Bram Jesse Thijs Ruben Lars Niels Stefan Rick Kevin Jeffrey Patrick Michael Michiel
Matthijs Maarten Wouter Vincent Joost Floris Gijsbertus Egbertus Hubertus Engelbertus Everardus Rudolf Laurens Bernardus Hermanus Josephus Alexander
Andreas Arnoldus Augustinus Bartholomeus Carolus Christiaan Daniel David Diederik Eduard Evert Ferdinand Gabriel Geert Godefridus Harm Hessel Jelle Joris
Koenraad Leendert Levi Lodewijk Ludovicus Mattheus Maximiliaan Mees Milan Noah Olivier Otto Quinten Reinier Roelof Samuel Sebastiaan Sijbren Sjoerd
Stephanus Teunis Tobias Victor Walter Wiebe Xander Ype Zeger""".split()
WOMEN = """Maria Johanna Anna Cornelia Wilhelmina Elisabeth Catharina Hendrika Adriana Petronella Margaretha Jacoba Helena Geertruida Antonia Theodora
Francisca Aaltje Neeltje Trijntje Grietje Janna Jantje Alida Sophia Christina Martina Gerarda Bernardina Berendina Dina Magdalena Monique Linda Petra
Sandra Esther Marjolein Ingrid Yvonne Saskia Wendy Chantal Daniëlle Nicole Mirjam Patricia Manon Kim Laura Lisa Sanne Anouk Iris Femke Lotte Fleur Emma
Julia Sophie Eva Tess Zoë Noor Isa Sara Anne Lieke Milou Roos Jasmijn Nienke Marieke Annemarie Mieke Ellen Judith Renate Barbara Charlotte Clara Dorothea
Eleonora Evelina Gesina Henrietta Hillegonda Ida Isabella Josephina Juliana Klasina Louisa Lucia Lydia Mathilda Monica Paulina Rosa Susanna Theresia
Veronica Wietske Ymkje Froukje Sjoukje Jeltje Nynke Hiske""".split()

GROUPS = {
    "moroccan": (
        """El Amrani|El Idrissi|Benali|Ben Ali|El Khattabi|Bouzid|El Ouali|Azzouzi|Belkacem|Haddouchi|Aït Ali|El Mansouri|Bouali|Ettaheri|Zerouali
Amghar|El Hamdaoui|Chaoui|Daoudi|Bakkali|El Yaakoubi|El Haddad|Boujnah|Oulad Salah|Lahlou|Tahiri|Bennis|Ziani|El Fassi|Ouahbi|Khalifi|Essaidi|Jabri|Makhloufi""",
        "Mohamed Ahmed Youssef Rachid Hassan Said Mustapha Abdellah Abdelkader Omar Ali Hamza Ayoub Bilal Khalid Karim Ibrahim Ismail Driss Nabil Samir Tarik Soufiane Anouar Redouan Zakaria Mimoun Abderrahim",
        "Fatima Khadija Aïcha Naima Samira Malika Rachida Zohra Latifa Hanane Ikram Salma Yasmina Karima Saïda Loubna Nadia Hafida Mimount Najat Fatiha Houda Ilham Souad",
    ),
    "turkish": (
        """Yılmaz|Kaya|Demir|Çelik|Şahin|Yıldız|Yıldırım|Öztürk|Aydın|Özdemir|Arslan|Doğan|Kılıç|Aslan|Çetin|Kara|Koç|Kurt|Özkan|Şimşek|Polat|Korkmaz|Erdoğan|Güneş|Aksoy|Bulut|Taş|Türk|Güler|Karaca|Ünal|Tekin""",
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Emre Burak Kemal Hakan Serkan Fatih Erkan Volkan Cem Deniz Ümit Yaşar Süleyman Bekir",
        "Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Sultan Özlem Gül Yasemin Esra Büşra Merve Songül Nuray Sevgi Filiz Derya Aysel Hülya Zehra Gülşen",
    ),
    "surinamese": (
        """Ramdin|Ramdien|Mahabier|Baldewsingh|Ramlal|Soekhoe|Jagroep|Bisoen|Gopal|Kalpoe|Sewnarain|Biharie|Pinas|Sabajo|Doelwijt|Emanuels|Blokland|Kartosen|Soerodimedjo|Sumter|Vreden|Wijdenbosch|Ramautar|Jankie|Bhagwandin|Chotoe|Autar|Soeltan|Rambaran|Kromosoeto""",
        "Rishi Suresh Soeresh Radjesh Vishal Wiresh Dewanand Anil Ganesh Sunil Ravi Kenneth Winston Orlando Johan Ronald Glenn Stanley Humphrey Michel Jerrel Ruben Ashwin Kishan",
        "Indra Indira Sharmila Anita Radha Sandhia Shanti Asha Kamla Chandra Usha Rosita Jacqueline Sylvia Wendeline Astrid Jenny Marlene Priya Roshni Sarita",
    ),
    "antillean": (
        """Martina|Garcia Lopez|Eugenia|Janga|Tromp|Croes|Maduro|Geerman|Sillie|Pietersz|Rosalia|Isenia|Josephia|Kelly|de Cuba|Albertus|Nicolina|Martis|Felicia|Mercelina|Hernandez Cruz|Rodriguez Perez""",
        "Kevin Jean Carlos Juan Edsel Gilbert Ruthmir Jermaine Ryan Rodney Sharlon Elvis Franklin Edwin Gregory Randal Hubert Shurandy Jayden",
        "Maritza Solange Viola Nuris Shudeska Sharina Yolanda Ruthline Carmen Maria Lucia Zulaika Chantal Suzette Rosa Angelique Soraya Daisy",
    ),
    "polish": (
        """Nowak|Kowalski|Wiśniewski|Wójcik|Kowalczyk|Kamiński|Lewandowski|Zieliński|Szymański|Dąbrowski|Kozłowski|Mazur|Krawczyk|Wieczorek|Jankowski|Wojciechowski|Kwiatkowski|Piotrowski|Grabowski|Pawłowski|Król|Wróbel""",
        "Łukasz Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Jakub Adam Marek Grzegorz Mateusz Wojciech Mariusz Dariusz Zbigniew Kamil Rafał Sławomir",
        "Anna Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Monika Zofia Beata Dorota Justyna Renata Iwona Aleksandra Natalia",
    ),
    "ukrainian": (
        """Shevchenko|Kovalenko|Bondarenko|Tkachenko|Kravchenko|Oliynyk|Shevchuk|Koval|Polishchuk|Bondar|Tkachuk|Moroz|Marchenko|Lysenko|Rudenko|Savchenko|Petrenko|Fedorenko|Melnyk|Khomenko""",
        "Oleksandr Serhii Andrii Volodymyr Mykola Ivan Dmytro Viktor Yurii Oleh Vasyl Maksym Ihor Mykhailo Bohdan Pavlo Artem Denys",
        "Olena Tetiana Iryna Nataliia Oksana Halyna Olha Svitlana Liudmyla Anastasiia Kateryna Yuliia Mariia Viktoriia Larysa Nadiia",
    ),
    "syrian": (
        """Al Hassan|Haddad|Khalil|Ibrahim|Fares|Issa|Al Ahmad|Soliman|Ghanem|Othman|Kanaan|Darwish|Al Masri|Najjar|Khoury|Al Mohammad|Sabbagh|Hamdan|Shaheen|Al Ali|Barakat""",
        "Ahmad Mohammad Khaled Omar Hassan Yousef Mahmoud Samer Ghassan Mazen Bassam Nasser Tarek Amjad Firas Wael Rami Anas",
        "Rima Lina Hanan Amal Rasha Noor Joumana Hala Sahar Maha Nadia Rania Samar Yara Salma Layla Reem Manal",
    ),
}
CHAIN_NAMES = {
    "M": "Tesfay Abraham Samuel Medhanie Habtom Yonas Dawit Kidane Filmon Berhane Abdi Hassan Omar Jama Nur Farah Said Yusuf Mohamud Warsame Ismail Hersi Gedi Haile Tekle Amanuel Robel".split(),
    "V": "Selam Hiwot Rahwa Saba Eden Feven Luwam Hodan Fadumo Sahra Asha Ifrah Nimo Hibo Ayan Winta Senait Helen Mebrat Zahra Halimo Khadra".split(),
}
CALL_NAMES = """Johannes Jan Hans Johan Joop|Cornelis Kees Cor|Hendrik Henk Hein Rik|Willem Wim Pim|Wilhelmus Wim Willem Wil|Pieter Piet Peter|Petrus Piet Peter Peer
Gerrit Gert Ger|Jacobus Jaap Koos Sjaak Jacques|Antonius Ton Toon Anton Twan|Hendrikus Henk Harrie Rik|Nicolaas Klaas Nico Niek|Franciscus Frans Frank|Martinus Martin Tinus Maarten
Gerardus Gerard Ger Geert|Marinus Rinus Marijn|Adrianus Arie Ad Adri Janus|Theodorus Theo Dirk Dorus|Leonardus Leo Leen Nard|Lambertus Bert Lambert|Albertus Bert Appie Bertus|Jacob Jaap Ko
Egbertus Egbert Bert|Hubertus Huub Bert Huib|Engelbertus Engel Bert|Everardus Evert Eef|Bernardus Ben Bernard Berend|Hermanus Herman Harm Manus|Josephus Jos Sjef Joop Jef|Alexander Alex Lex Sander Xander
Andreas Andre Dries|Arnoldus Arnold Nol Aart|Augustinus Guus Stijn|Bartholomeus Bart Mees|Carolus Karel Charles|Christiaan Chris|Eduard Ed Edu|Stephanus Stef Stefan Steven|Mattheus Thijs Mathieu
Laurens Lau Rens|Frederik Frits Fred Freek|Robert Rob Bob|Paulus Paul|Simon Siem|Samuel Sam|Daniel Daan|Koenraad Koen|Sebastiaan Bas|Reinier Rein|Rudolf Ruud Rolf|Gijsbertus Gijs Bert
Maria Marijke Mieke Ria Riet Mia Marieke Marie|Johanna Hanneke Annie Joke Jo Hanna Jannie|Anna Anneke Annie Anja Ans An|Cornelia Corrie Nel Cor Lia|Wilhelmina Wil Mien Willy Wilma Ina|Elisabeth Els Liesbeth Bep Lies Betty
Catharina Toos Karin Tineke Ineke Trijn|Hendrika Henny Riek Hetty|Adriana Adri Jaantje Rianne|Petronella Nel Petra Ellie Pietje|Margaretha Greet Margriet Rita Gre|Jacoba Coba Coby Koosje|Helena Leen Lena Heleen Ellen
Geertruida Truus Geertje Trudy Gerda|Antonia Toos Tonny Netty|Theodora Thea Dora Door|Francisca Cisca Francien|Alida Ali Alie|Sophia Fie Sofie|Christina Stien Christien Tina|Martina Tineke Tiny|Gerarda Gerda Gera
Bernardina Dina Dineke Diny|Magdalena Leny Lena Magda|Dorothea Dora Thea|Josephina Fien Josien|Susanna Suze Sanne|Theresia Trees Thera|Louisa Loes Wies|Mathilda Til Mathilde|Hillegonda Gonnie|Gesina Sien Ina
Mohamed Mo Moh|Mustafa Musti|Ibrahim Brahim|Abdelkader Kader|Aleksandra Ola|Oleksandr Sasha Olek|Katarzyna Kasia|Małgorzata Gosia|Tomasz Tomek|Jakub Kuba|Tetiana Tanya|Kateryna Katya|Mykola Kolya|Volodymyr Vova
Jeffrey Jef|Michael Mike|Patrick Pat|Kenneth Ken|Patricia Pat|Nicole Nicky|Danielle Dani|Esther Es|Christel Chris""".replace(
    "\n", "|"
).split("|")
SPELLINGS = """Mohamed Mohammed Mohammad Muhammad Mohamad|Ahmed Ahmad Achmed|Youssef Yousef Yusuf Joesoef Yousuf|Said Saïd Saeed|Fatima Fatma Fatimah|Khadija Chadija Khadidja Kadija|Aïcha Aisha Aicha Ayşe
Omar Oemar Umar|Hassan Hasan Hassane|Mustapha Mustafa Mostafa|Abdellah Abdullah Abdallah|Rachid Rashid|Ibrahim Ebrahim Ibrahiem|Serhii Sergei Sergiy|Oleksandr Aleksandr Olexandr|Andrii Andrey Andriy|Volodymyr Vladimir
Mykola Nikolai Nikolay|Iryna Irina|Olena Elena Yelena|Tetiana Tatiana Tatyana|Nataliia Natalia Natalya|Dmytro Dmitri Dmitry|Suresh Soeresh|Radjesh Rajesh|Vishal Wishal|Djamila Jamila|Yasmina Jasmina Yasmine|Khalid Chalid Khaled
Zohra Zahra|Samira Samirah|Hüseyin Huseyin Hussein Hoesein|Yusuf Youssef Joesoef|Cornelis Kornelis Cornelius|Jacob Jakob|Catharina Katharina Catarina|Theodorus Teodorus|Elisabeth Elizabeth|Sophia Sofia|Marc Mark|Erik Eric|Rick Rik|Niels Nils|Stefan Stephan|Philip Filip
Matthijs Mathijs Mattijs|Thijs Tijs|Geertruida Geertruda|Nicolaas Nikolaas|Luuk Luc|Lucas Lukas|Tesfay Tesfai|Samuel Samuiel|Yonas Jonas|Dawit Davit|Mohamud Maxamuud Mahmud|Farah Faarax|Abdi Cabdi|Fadumo Fatumo|Omar Cumar""".replace(
    "\n", "|"
).split("|")
PLACES = (
    """Amsterdam Rotterdam Utrecht Eindhoven Groningen Tilburg Almere Breda Nijmegen Arnhem Haarlem Enschede Amersfoort Zaandam Apeldoorn Zwolle Leiden Dordrecht Ede Leeuwarden Maastricht
Delft Venlo Heerlen Deventer Alkmaar Hilversum Oss Roosendaal Gouda Hoorn Assen Emmen Sneek Zeist Tiel Goes Middelburg Weert Roermond""".split()
    + ["'s-Gravenhage", "'s-Hertogenbosch", "Den Helder"]
)
FOREIGN_PLACES = {
    "moroccan": "Nador|Al Hoceima|Tanger|Casablanca|Oujda|Berkane|Fes|Tétouan|Rabat",
    "turkish": "Ankara|Kayseri|Istanbul|Konya|Emirdağ|Yozgat|Trabzon|Karaman|Aksaray",
    "surinamese": "Paramaribo|Nickerie|Commewijne|Wanica|Moengo|Albina",
    "antillean": "Willemstad|Oranjestad|Kralendijk|Philipsburg|Sint Nicolaas",
    "polish": "Warszawa|Kraków|Gdańsk|Wrocław|Łódź|Poznań|Lublin|Katowice",
    "ukrainian": "Kyiv|Kharkiv|Odesa|Lviv|Mykolaiv|Dnipro",
    "syrian": "Aleppo|Damascus|Homs|Idlib|Latakia|Hama",
    "chain": "Asmara|Mogadishu|Keren|Hargeisa|Addis Abeba|Bosaso",
}
FOREIGN_TAILS = {
    # beginnings, middles and endings of less common surnames per group
    "moroccan": (
        "El |El |Ben|Bou|Ait |Oulad |Am|Has|Kar|Zer|Lam|Mes|Ouh|Tag",
        "ham|kad|rif|ban|sli|zou|mar|dou|hri|kha|lou|nas|hab|gha|jad|rah",
        "di|ri|ani|oui|mi|ssi|ali|aoui|oudi|ouni|ichi|ari|ad|ir",
    ),
    "turkish": (
        "Ak|Kara|Öz|Er|Gök|Tan|Bay|Yal|Al|Koç|Sarı|Ay|Dur|Gül",
        "bul|dem|kay|sel|dağ|han|yur|tür|baş|gün|can|taş|kur|yol",
        "can|er|maz|türk|oğlu|lı|kan|ay|soy|man|tepe|ış",
    ),
    "surinamese": (
        "Ram|Bal|Jag|Kal|Bis|Mah|Raj|Soe|Bha|Chan|Dew|Gan|Hari|Kis|Mata|Nan",
        "de|ga|bha|pa|ra|soe|ka|la|ma|na|poe|we",
        "sing|lal|ram|persad|dien|nath|kisoen|pal|dat|tie|wan|rai|nandan",
    ),
    "antillean": (
        "Mar|Ros|Fel|Is|Mer|Win|Cor|Ol|Vil|Mon|Ber|Cal|Dor|Eus|Flo",
        "ti|ce|li|ga|no|ra|ta|so|mi|de|la",
        "nez|lia|cia|rio|dor|ta|nia|sen|ito|bela|les|ra|nda",
    ),
    "polish": (
        "Kow|Wis|Zie|Kam|Szym|Dąb|Koz|Jan|Maj|Ol|Stęp|Gór|Rut|Mich|Wal|Bar|Sik|Bąk|Czar|Mal",
        "al|niew|liń|iń|ań|row|łow|kow|czew|czyń|or|ec|siew|tow",
        "ski|cki|czyk|ek|ak|owicz|a|iak|icz|uk",
    ),
    "ukrainian": (
        "Kov|Bon|Tka|Krav|Shev|Pol|Mar|Lys|Rud|Sav|Pet|Fed|Hon|Zakh|Hryt|Bily|Voron|Zub",
        "al|dar|ch|chen|ish|or|en|el|yt|asi|ov",
        "enko|chuk|chenko|uk|yk|iv|skyi|ko|ets",
    ),
    "syrian": (
        "Al |Al |Abu |Ham|Kha|Dar|Sab|Naj|Sal|Fay|Zei|Qas|Mur|Kur",
        "sha|li|rou|mad|bag|jar|toum|sa|wi|ha|dal|ra",
        "di|ri|bi|wi|h|d|n|ni|zi|sh|mi|ek",
    ),
}
