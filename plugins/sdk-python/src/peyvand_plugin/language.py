"""In which language does a plugin speak? English, Persian and Arabic are equals."""

ZEROES = {"fa": "۰", "ar": "٠"}
TO_ASCII = {ord(zero) + place: str(place) for zero in ZEROES.values() for place in range(10)}


def language_of(locale):
    """The language of a locale such as `fa-IR`: "fa", "ar", or "en" where it is another one."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in ZEROES else "en"


def pick(language, english, persian, arabic):
    """Of three texts, the one in this language."""
    return {"fa": persian, "ar": arabic}.get(language, english)


def digits(language, text):
    """The text (or number) with its digits as a language writes them."""
    zero = ZEROES.get(language)
    if zero is None:
        return str(text)
    return str(text).translate({ord("0") + place: chr(ord(zero) + place) for place in range(10)})


def ascii_digits(text):
    """The text with Persian and Arabic digits as 0 to 9, without asking the host."""
    return text.translate(TO_ASCII)
