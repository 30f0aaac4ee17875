"""What can go wrong, as a tree:

CorrelatorError
├── PolicyInvalid      a policy file cannot be read
├── SettingsInvalid    clew.toml or a CLEW_ variable is wrong
├── StoryUnknown       no story or session of that id
├── CasebookInvalid    the casebook cannot be opened
├── PortTaken          there is no listening at an address
├── ModelUnavailable   a language model does not reply: try later
├── ModelRefused       a language model will not reply: do not try again
└── EvaluationImpossible   the runs to evaluate cannot be read
"""


class CorrelatorError(Exception):
    """Root of all errors of the correlator; the message says what to do next."""


class PolicyInvalid(CorrelatorError):
    """A policy file cannot be read."""


class SettingsInvalid(CorrelatorError):
    """A setting is unknown or has a wrong value."""


class StoryUnknown(CorrelatorError):
    """No story or session has that id."""


class CasebookInvalid(CorrelatorError):
    """The casebook cannot be opened."""


class PortTaken(CorrelatorError):
    """An address cannot be listened at."""

    def __init__(self, address: str, option: str) -> None:
        super().__init__(f"{address} is taken, or not ours; choose another {option}.")


class ModelUnavailable(CorrelatorError):
    """A language model did not reply, or not in time, or with something that is no reply; it may do so later."""


class ModelMisnamed(ModelUnavailable):
    """A language model replies to nothing: its name, key or address is wrong."""


class ModelRefused(CorrelatorError):
    """A language model will not reply to this, however often it is asked; to something else it may."""


class EvaluationImpossible(CorrelatorError):
    """The runs to evaluate cannot be read."""
