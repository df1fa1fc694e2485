"""Write the message of an error as one line."""


def one_line(error: BaseException) -> str:
    """Return the message of an error without line breaks.

    Names and values of files stand in messages: what is not printable, such
    as the codes that steer a terminal, becomes a question mark.

    Args:
        error (BaseException): The error; its class stands in for a message
            that is empty.
    """
    # the message of a KeyError is quoted by `str`
    single = isinstance(error, KeyError) and len(error.args) == 1
    text = ' '.join(str(error.args[0] if single else error).split())
    return ''.join(char if char.isprintable() else '?'
                   for char in text) or type(error).__name__
