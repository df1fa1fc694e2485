"""Write the message of an error as one line."""


def one_line(error: BaseException) -> str:
    """Return the message of an error without line breaks.

    Args:
        error (BaseException): The error; its class stands in for a message
            that is empty.
    """
    # the message of a KeyError is quoted by `str`
    single = isinstance(error, KeyError) and len(error.args) == 1
    text = str(error.args[0] if single else error)
    return ' '.join(text.split()) or type(error).__name__
