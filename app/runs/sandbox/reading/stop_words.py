"""Words that say nothing of what a text is about."""

_WORDS = {
    "English": (
        "a about above after again all also am an and any are as ask at be because been before being but by can "
        "cannot could did do does doing done dear else even ever every few for from get give go good got had has "
        "have having he hello her here hers hi him his how however i if in into is it its just kind know let like "
        "made make many may me might more most much must my need never no nor not now of off ok on once one only or "
        "other our out over own per please put quite really regards said same say see send sent she should since so "
        "some still such sure take tell than thank thanks that the their them then there these they thing this "
        "those though through to told too two under until up upon us use very via want was way we week well went "
        "were what when where which while who whom whose why will wish with within without would yes yet you your "
        "yours i'm i've don't didn't can't won't isn't it's"
    ),
    "German": (
        "der die das den dem des ein eine einer eines und oder aber ich wir sie er es ist sind war waren hat haben "
        "habe nicht mit von zu zum zur auf für im in an am bei als auch noch nur schon wie was wenn dass bitte "
        "danke hallo"
    ),
    "Dutch": (
        "de het een en of maar ik wij we zij hij ze is zijn was waren heeft hebben niet met van te op voor in aan "
        "bij als ook nog maar al hoe wat wanneer dat graag bedankt hallo mijn"
    ),
    "French": (
        "le la les un une des du et ou mais je nous vous il elle ils est sont était a ont pas avec de à au aux pour "
        "dans sur par que qui ce cette ces mon ma mes bonjour merci"
    ),
    "Spanish": (
        "el los las una y o pero yo nosotros usted es son era ha han no con del al para en por que este esta mi "
        "hola gracias"
    ),
}
STOP = frozenset(word for words in _WORDS.values() for word in words.split())
