"""Things that several calls have equal evidence for: what may still be told of them, because each must have its own."""

from collections.abc import Iterator, Mapping

import networkx as nx
from networkx.algorithms import bipartite

MOST = 256
"""Units that hang together and are looked at. (The search for a matching calls itself, as often as a chain of them is long.)"""


def excluded(between: Mapping[int, frozenset[str]]) -> Iterator[tuple[int, str]]:
    """Yield the units that only one call is left for, each with this call, if every call had one unit and no unit two.

    `between`: unit → the calls that it may be the work of, all by equal evidence. Where units and calls that hang together are not
    equally many, something was done twice, or not at all (a cache), and nothing is concluded; nor where they are more than `MOST`.

    A pair belongs to every perfect matching of a bipartite graph if and only if no cycle that alternates with one of them passes
    it: with matched edges directed one way and the others the other way, its ends lie in different strongly connected components
    (Dulmage and Mendelsohn 1958).
    """
    graph = nx.Graph((unit, call) for unit, calls in between.items() for call in calls)
    for together in nx.connected_components(graph):
        units = [node for node in together if isinstance(node, int)]
        if len(units) > MOST or 2 * len(units) != len(together):
            continue
        match = bipartite.hopcroft_karp_matching(graph.subgraph(together), units)
        if len(match) != len(together):
            continue
        directed = nx.DiGraph(
            (unit, call) if match[unit] == call else (call, unit) for unit in units for call in between[unit]
        )
        for strong in nx.strongly_connected_components(directed):
            yield from ((node, match[node]) for node in strong if isinstance(node, int) and match[node] not in strong)
