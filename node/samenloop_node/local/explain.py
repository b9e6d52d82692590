"""`explain`: what fields become before they are keyed, or why two records meet. Local: nothing is sent or kept."""

from collections.abc import Iterator, Mapping, Sequence

from samenloop.profile import profile
from samenloop.texts import _
from samenloop_node.identity.person import parse_person
from samenloop_node.tokens.explain import explain
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import fitting


def of(people: Sequence[Mapping[str, str]], name: str) -> dict[str, object]:
    """Return the explanation of one person, or of two."""
    match people:
        case [one, other]:
            return pair(one, other, name)
        case _one:
            return person(people[0], name)


def person(fields: Mapping[str, str], name: str) -> dict[str, object]:
    """Return per recipe of the profile `name` what would be keyed; raises InvalidInput for a field that is refused.

    `padded` is the number of tokens that the coordinator sees of each recipe; 0 = the recipe was not made or left out.
    """
    chosen = profile(name)
    messages = messages_of(parse_person(fields), chosen)
    sizes = {number: size for number, _values, size in fitting(messages)}
    return {
        "profile": name,
        "recipes": [
            {"recipe": recipe, "messages": list(messages[number]), "padded": sizes.get(number, 0)}
            for number, recipe in enumerate(chosen.recipes)
        ],
        "tokens": sum(sizes.values()),
    }


def pair(one: Mapping[str, str], other: Mapping[str, str], name: str) -> dict[str, object]:
    """Return why two records meet or do not; raises InvalidInput for a field that is refused. No value is in it."""
    explained = explain(parse_person(one), parse_person(other), profile(name))
    return {
        "profile": name,
        "hit": explained.combination is not None,
        "combination": explained.combination or "",
        "states": {recipe: state.value for recipe, state in explained.states},
        "lines": explained.lines(),
    }


def lines(result: Mapping[str, object]) -> Iterator[str]:
    """Yield the explanation for people."""
    found = result.get("lines")
    if isinstance(found, list):
        yield from found
        return
    yield _("Profiel {profile}: {tokens} tokens.", **result)
    recipes = result["recipes"]
    for row in recipes if isinstance(recipes, list) else ():
        yield f"{row['recipe']} ({row['padded']}): {', '.join(row['messages']) or '-'}"
