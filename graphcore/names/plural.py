"""The plural of a kind, as kro forms it.

A generated CRD is called ``<plural>.<group>``, and that name is all that finds it again: RBAC rules, dashboards and the objects of a
cluster that kro served before depend on it. kro asks the Go library gobuffalo/flect (1.0.3) for English inflection, so this module
holds flect's words and suffixes as data, and its order of precedence as code. Odd results (``videoes``, ``octupuses``, ``mobulae``)
are flect's and stay.
"""

from __future__ import annotations

from functools import lru_cache

# "singular plural [other plurals known as plurals]".
_WORDS = """
aircraft aircraft | beef beef beefs | bison bison | chassis chassis | deer deer | fish fish fishes | moose moose | police police
salmon salmon salmons | series series | sheep sheep | shrimp shrimp shrimps | species species | swine swine swines | trout trout trouts
tuna tuna tunas | you you | child children | ox oxen | foot feet | goose geese | man men | human humans | louse lice | mouse mice
tooth teeth | woman women | die dice | person people | adieu adieux adieus | fabliau fabliaux | bureau bureaus bureaux
criterion criteria | ganglion ganglia ganglions | lexicon lexica lexicons | mitochondrion mitochondria mitochondrions
noumenon noumena | phenomenon phenomena | taxon taxa | media media | stadium stadiums stadia | aquarium aquaria aquariums
auditorium auditoria auditoriums | symposium symposia symposiums | curriculum curriculums curricula | quota quotas
alumnus alumni alumnuses | bacillus bacilli | cactus cacti cactuses | coccus cocci | focus foci focuses | locus loci locuses
nucleus nuclei nucleuses | octopus octupuses octopi | radius radii radiuses | syllabus syllabi | corpus corpora corpuses | genus genera
alumna alumnae | vertebra vertebrae | differentia differentiae | minutia minutiae | vita vitae | larva larvae | postcava postcavae
praecava praecavae | uva uvae | apex apices apexes | codex codices codexes | index indices indexes | latex latices latexes
vertex vertices vertexes | vortex vortices vortexes | appendix appendices appendixes | radix radices radixes | helix helices helixes
axis axes | crisis crises | genesis geneses | oasis oases | thesis theses | testis testes | base bases | alias aliases
vedalia vedalias | use uses | abuse abuses | cause causes | clause clauses | cruse cruses | excuse excuses | fuse fuses
house houses | misuse misuses | muse muses | pause pauses | ache aches | topaz topazes | buffalo buffaloes buffalos
potato potatoes | tomato tomatoes | equipment equipment | information information | jeans jeans | money money | news news | rice rice
dwarf dwarfs dwarves | hoof hoofs hooves | thief thieves | chive chives | hive hives | move moves | movie movies | cookie cookies
pretorium pretoriums | agenda agendas | formula formulas formulae | shoe shoes | toe toes | graffiti graffiti
"""

# Words whose plural is formed, but not recognised as a plural; (word, plural, the word of _WORDS that it stands before in flect's order).
_ONE_WAY = (("blues", "blues", "chassis"), ("medium", "media", "stadium"), ("ellipsis", "ellipses", "genesis"), ("basis", "bases", "alias"))

# Words that count only by themselves, not as the end of a compound: ``alias`` is ``aliases``, ``myalias`` stays.
_WHOLE_ONLY = frozenset({"ox", "louse", "die", "axis", "alias", "use", "toe"})

# Endings in order of precedence.
_ENDINGS = """
tive tives | eaf eaves | oaf oaves | afe aves | arf arves | rfe rves | rf rves | lf lves | fe ves
ay ays | ey eys | oy oys | quy quies | uy uys | y ies | eau eaux
bula bulae | dula bulae | lula bulae | nula bulae | vula bulae | hedron hedra
ium ia | seum seums | eum ea | oum oa | stracum straca | dum da | elum ela | ilum ila | olum ola | ulum ula | llum lla | ylum yla
imum ima | ernum erna | gnum gna | brum bra | crum cra | terum tera | serum sera | trum tra | antum anta | atum ata | entum enta
etum eta | itum ita | otum ota | utum uta | ctum cta | ovum ova | trix trices
iasis iases | mesis meses | kinesis kineses | resis reses | gnosis gnoses | opsis opses | ysis yses
ouse ouses | lause lauses | us uses | ch ches | io ios | sh shes | ss sses | ez ezzes | iz izzes | tz tzes | zz zzes
ano anos | lo los | to tos | oo oos | o oes | x xes
"""

# flect's acronyms that end in S: it takes them for upper case and appends to the lower-case word. The result is no valid CRD name, so the
# API server (and the validation of the generated CRD here) refuses such kinds; every other acronym is regular.
_ACRONYMS_IN_S = frozenset({"aes", "bss", "cmos", "des", "dns", "ess", "fcs", "https", "ids", "ips", "mpls", "pots"})


def _table(text: str) -> list[tuple[str, ...]]:
    return [tuple(entry.split()) for line in text.strip().splitlines() for entry in line.split("|")]


def _dictionary() -> tuple[dict[str, str], frozenset[str]]:
    """Singular to plural in flect's order, and every form that is recognised as a plural."""
    before = {following: (word, plural) for word, plural, following in _ONE_WAY}
    plurals: dict[str, str] = {}
    known: set[str] = set()
    for singular, plural, *others in _table(_WORDS):
        if singular in before:
            plurals.setdefault(*before[singular])
        plurals[singular] = plural
        known.update((plural, *others))
    return plurals, frozenset(known)


_PLURALS, _KNOWN = _dictionary()
# Compounds end in a dictionary word, the youngest entry first; then come the endings.
_SUFFIXES: tuple[tuple[str, str], ...] = (
    *((singular, plural) for singular, plural in reversed(_PLURALS.items()) if singular not in _WHOLE_ONLY),
    *((ending, plural) for ending, plural in _table(_ENDINGS)),
)


@lru_cache(maxsize=1024)
def pluralize(word: str) -> str:
    """The plural of one lower-case word of letters and digits (a kind in lower case), as flect forms it.

    The answer is flect's even where it is no valid name (``dns`` gives ``dnsDNSes``).
    """
    if word in _PLURALS:
        return _PLURALS[word]
    if word in _KNOWN:
        return word
    if word in _ACRONYMS_IN_S:
        return f"{word}{word.upper()}es"
    for singular, plural in _SUFFIXES:
        if word.endswith(plural):
            return word
        if word.endswith(singular):
            return word.removesuffix(singular) + plural
    return word if not word or word.endswith("s") else word + "s"
