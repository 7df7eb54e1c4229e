"""Configuration of the assistant whose answers take long enough to be interrupted."""


def builtin_chat(token_delay_ms):
    return {"plugins": {"chat": {"config": {"provider": "builtin", "token_delay_ms": token_delay_ms}}}}


QUESTION = "I have had a headache and a sore throat for three days, and I do not sleep well."
