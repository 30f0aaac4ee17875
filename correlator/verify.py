"""Does the evidence carry a sentence? A sentence and the events that it cites → reasons why not. Pure (DESIGN §7).

A sentence is accepted when all of it is accounted for: each entity and number stands in a cited event, each word comes from one or
says nothing by itself, but for a few of its own, who acts is who acted, what is said to come first did, what is said to have worked
did not fail. Motives, causes, guesses and absences have no evidence. What is not understood is refused; the template's sentence
stands in its place.
"""

from collections.abc import Sequence

from correlator.verifying.barred import of_barred
from correlator.verifying.declined import of_declined
from correlator.verifying.deeds import of_deeds, of_subagents
from correlator.verifying.exclusive import of_exclusives
from correlator.verifying.expressions import of_expressions
from correlator.verifying.form import form
from correlator.verifying.grounds import Ground
from correlator.verifying.negations import of_negations
from correlator.verifying.opposites import of_affirming, of_denying, of_opposites, of_sides
from correlator.verifying.order import of_order
from correlator.verifying.ordinals import of_compared
from correlator.verifying.outcome import of_outcomes
from correlator.verifying.purposes import of_purposes
from correlator.verifying.read import Read, Refusal
from correlator.verifying.relations import of_relations
from correlator.verifying.roles import of_roles
from correlator.verifying.slots import of_slots
from correlator.verifying.speech import of_speakers
from correlator.verifying.strangers import of_strangers
from correlator.verifying.together import of_together
from correlator.verifying.told_order import of_told_order
from correlator.verifying.values import of_bindings, of_entities, of_numbers
from correlator.verifying.words import of_words


def refusals(
    sentence: str, cited: Sequence[Ground], run: Sequence[Ground], *, template: str = ""
) -> tuple[Refusal, ...]:
    """Return why the cited events do not carry a sentence, empty if they do.

    `run`: all events of the chain, in their order. `template`: the engine's sentence that this one words; what it concludes from
    events ("no principal said it") may be said again.
    """
    bad_form = form(sentence, cited)
    if bad_form is not None:
        return (bad_form,)
    read = Read(sentence, cited, run, template)
    return tuple(one for rule in _RULES for one in rule(read))


_RULES = (
    of_entities, of_strangers, of_exclusives, of_numbers, of_bindings, of_words, of_barred, of_expressions,
    of_declined, of_purposes, of_negations, of_opposites, of_sides, of_denying, of_affirming, of_outcomes, of_roles,
    of_relations, of_slots, of_deeds, of_subagents, of_speakers, of_together, of_order, of_told_order, of_compared,
)  # fmt: skip
