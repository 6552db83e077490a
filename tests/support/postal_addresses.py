"""Postal addresses of public institutions in fifteen countries, as typed into the form and as the post lays them out.

The lines are written out by hand, without the country's name below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Institution:
    """One of them."""

    typed: Mapping[str, str]
    lines: tuple[str, ...]


def _one(country: str, lines: str, **typed: str) -> Institution:
    return Institution({"country": country, **typed}, tuple(lines.split(" / ")))


INSTITUTIONS = (
    _one(
        "DE", "Deutscher Bundestag / Platz der Republik 1 / 11011 Berlin",
        contactName="Deutscher Bundestag", street="Platz der Republik", streetNumber="1", zipCode="11011",
        city="Berlin",
    ),
    _one(
        "DE", "Poststelle / Deutsches Museum / Museumsinsel 1 / 80538 München",
        contactName="Poststelle", companyName="Deutsches Museum", street="Museumsinsel 1", zipCode="80538",
        city="München",
    ),
    _one(
        "DE", "Stadtverwaltung Ulm / Marktplatz 1 / Rathaus / 89073 Ulm",
        contactName="Stadtverwaltung Ulm", street="Marktplatz", streetNumber="1", streetAppendix="Rathaus",
        zipCode="89073", city="Ulm",
    ),
    _one(
        "AT", "Universität Wien / Studienservice / Universitätsring 1 / 1010 Wien",
        contactName="Studienservice", companyName="Universität Wien", street="Universitätsring", streetNumber="1",
        zipCode="1010", city="Wien",
    ),
    _one(
        "AT", "Kunsthistorisches Museum / Maria-Theresien-Platz / 1010 Wien",
        contactName="Kunsthistorisches Museum", street="Maria-Theresien-Platz", zipCode="1010", city="Wien",
    ),
    _one(
        "CH", "Schweizerische Nationalbibliothek / Hallwylstrasse 15 / 3003 Bern",
        contactName="Schweizerische Nationalbibliothek", street="Hallwylstrasse", streetNumber="15", zipCode="3003",
        city="Bern",
    ),
    _one(
        "CH", "ETH Zürich / Rektorat / Rämistrasse 101 / 8092 Zürich",
        contactName="Rektorat", companyName="ETH Zürich", street="Rämistrasse 101", zipCode="8092", city="Zürich",
    ),
    _one(
        "FR", "Musée d'Orsay / Esplanade Valéry Giscard d'Estaing / 75007 Paris",
        contactName="Musée d'Orsay", street="Esplanade Valéry Giscard d'Estaing", zipCode="75007", city="Paris",
    ),
    _one(
        "FR", "Mairie de Lyon / 1 place de la Comédie / 69001 Lyon",
        contactName="Mairie de Lyon", street="place de la Comédie", streetNumber="1", zipCode="69001", city="Lyon",
    ),
    _one(
        "IT", "Galleria degli Uffizi / Piazzale degli Uffizi, 6 / 50122 Firenze FI",
        contactName="Galleria degli Uffizi", street="Piazzale degli Uffizi", streetNumber="6", zipCode="50122",
        city="Firenze", state="FI",
    ),
    _one(
        "IT", "Università di Bologna / Via Zamboni, 33 / 40126 Bologna BO",
        contactName="Università di Bologna", street="Via Zamboni", streetNumber="33", zipCode="40126", city="Bologna",
        state="BO",
    ),
    _one(
        "ES", "Museo Nacional del Prado / Calle de Ruiz de Alarcón, 23 / 28014 Madrid",
        contactName="Museo Nacional del Prado", street="Calle de Ruiz de Alarcón", streetNumber="23", zipCode="28014",
        city="Madrid", state="Madrid",
    ),
    _one(
        "ES", "Teatre-Museu Dalí / Plaça Gala i Salvador Dalí, 5 / 17600 Figueres / Girona",
        contactName="Teatre-Museu Dalí", street="Plaça Gala i Salvador Dalí", streetNumber="5", zipCode="17600",
        city="Figueres", state="Girona",
    ),
    _one(
        "PT", "Museu Nacional de Arte Antiga / Rua das Janelas Verdes / 1249-017 Lisboa",
        contactName="Museu Nacional de Arte Antiga", street="Rua das Janelas Verdes", zipCode="1249-017", city="Lisboa",
    ),
    _one(
        "PT", "Universidade do Porto / Praça de Gomes Teixeira / 4099-002 Porto",
        contactName="Universidade do Porto", street="Praça de Gomes Teixeira", zipCode="4099-002", city="Porto",
    ),
    _one(
        "NL", "Rijksmuseum / Museumstraat 1 / 1071 XX Amsterdam",
        contactName="Rijksmuseum", street="Museumstraat", streetNumber="1", zipCode="1071 XX", city="Amsterdam",
    ),
    _one(
        "NL", "Universiteit Leiden / Rapenburg 70 / 2311 EZ Leiden",
        contactName="Universiteit Leiden", street="Rapenburg", streetNumber="70", zipCode="2311 EZ", city="Leiden",
    ),
    _one(
        "BE", "Koninklijke Bibliotheek van België / Kunstberg 28 / 1000 Brussel",
        contactName="Koninklijke Bibliotheek van België", street="Kunstberg", streetNumber="28", zipCode="1000",
        city="Brussel",
    ),
    _one(
        "BE", "KU Leuven / Oude Markt 13 / 3000 Leuven",
        contactName="KU Leuven", street="Oude Markt 13", zipCode="3000", city="Leuven",
    ),
    _one(
        "PL", "Kancelaria Sejmu / ul. Wiejska 4/6/8 / 00-902 Warszawa",
        contactName="Kancelaria Sejmu", street="ul. Wiejska", streetNumber="4/6/8", zipCode="00-902", city="Warszawa",
    ),
    _one(
        "PL", "Uniwersytet Jagielloński / ul. Gołębia 24 / 31-007 Kraków",
        contactName="Uniwersytet Jagielloński", street="ul. Gołębia", streetNumber="24", zipCode="31-007",
        city="Kraków",
    ),
    _one(
        "GB", "The British Museum / Great Russell Street / London / WC1B 3DG",
        contactName="The British Museum", street="Great Russell Street", city="London", zipCode="WC1B 3DG",
    ),
    _one(
        "GB", "The University of Edinburgh / Old College / South Bridge / Edinburgh / EH8 9YL",
        contactName="The University of Edinburgh", street="Old College", streetAppendix="South Bridge",
        city="Edinburgh",
        zipCode="EH8 9YL",
    ),
    _one(
        "IE", "National Library of Ireland / Kildare Street / Dublin 2 / D02 P638",
        contactName="National Library of Ireland", street="Kildare Street", city="Dublin 2", zipCode="D02 P638",
    ),
    _one(
        "IE", "Cork City Council / City Hall / Anglesea Street / Cork / T12 T997",
        contactName="Cork City Council", street="City Hall", streetAppendix="Anglesea Street", city="Cork",
        zipCode="T12 T997",
    ),
    _one(
        "US", "Library of Congress / 101 Independence Avenue SE / Washington, DC 20540",
        contactName="Library of Congress", street="101 Independence Avenue SE", city="Washington", state="DC",
        zipCode="20540",
    ),
    _one(
        "US", "Getty Center / 1200 Getty Center Drive / Suite 400 / Los Angeles, CA 90049-1679",
        contactName="Getty Center", street="1200 Getty Center Drive", streetAppendix="Suite 400", city="Los Angeles",
        state="CA", zipCode="90049-1679",
    ),
    _one(
        "JP", "〒100-8111 / 東京都千代田区千代田1-1 / 宮内庁",
        contactName="宮内庁", zipCode="100-8111", state="東京都", city="千代田区", street="千代田1-1",
    ),
    _one(
        "JP", "Kyoto National Museum / 527 Chaya-cho, Higashiyama-ku, Kyoto-shi / Kyoto 605-0931",
        contactName="Kyoto National Museum", street="527 Chaya-cho", streetAppendix="Higashiyama-ku", city="Kyoto-shi",
        state="京都府", zipCode="605-0931",
    ),
    _one(
        "BR", "Museu de Arte de São Paulo / Avenida Paulista, 1578 / Bela Vista / São Paulo-SP / 01310-200",
        contactName="Museu de Arte de São Paulo", street="Avenida Paulista", streetNumber="1578",
        extraLine1="Bela Vista",
        city="São Paulo", state="SP", zipCode="01310-200",
    ),
    _one(
        "BR", "Câmara dos Deputados / Palácio do Congresso Nacional / Praça dos Três Poderes / Brasília-DF / 70160-900",
        contactName="Câmara dos Deputados", street="Palácio do Congresso Nacional", extraLine1="Praça dos Três Poderes",
        city="Brasília", state="DF", zipCode="70160-900",
    ),
)  # fmt: skip
