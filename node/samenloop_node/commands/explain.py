"""`explain`: what the fields of a person become before they are keyed. Runs in the program itself: nothing is sent
or kept.
"""

from collections.abc import Iterator, Mapping

from samenloop.profile import profile
from samenloop.texts import _
from samenloop_node.identity.person import parse_person
from samenloop_node.tokens.recipes import facts_of, messages_of


def person(fields: Mapping[str, str], name: str) -> dict[str, object]:
    """Return per recipe of the profile `name` what would be keyed; raises InvalidInput for a field that is refused."""
    chosen, parsed = profile(name), parse_person(fields)
    facts = facts_of(parsed)
    return {
        "profile": name,
        "initials": facts.initials,
        "official_full_names": facts.official_full_names,
        "recipes": {
            recipe: [message.decode() for message in messages]
            for recipe, messages in zip(chosen.recipe_names, messages_of(parsed, chosen), strict=True)
        },
    }


def lines(result: Mapping[str, object]) -> Iterator[str]:
    """Yield the explanation for people."""
    yield _("Profiel {profile}; voorletters: {initials}; officiële voornamen: {official_full_names}", **result)
    recipes = result["recipes"]
    if isinstance(recipes, dict):
        for recipe, messages in recipes.items():
            yield f"{recipe}: {', '.join(messages) or '-'}"
