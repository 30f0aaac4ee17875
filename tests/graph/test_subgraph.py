"""A slice comes out in one order, and its walks respect the order of the session."""

from graph.parts import Edge, Node
from graph.schema import Grade
from graph.subgraph import Subgraph, may_precede


def link(source: str, target: str, position: int, label: str = "CARRIED", at_ns: int | None = None) -> Edge:
    return Edge(label, source, target, position, 0, f"fact {position}", at_ns)


NODES = [Node("Content", key) for key in "abcd"]


def test_repetition_and_order_of_what_goes_in_change_nothing() -> None:
    edges = [link("a", "b", 1), link("b", "c", 2), link("a", "c", 3)]
    slice_ = Subgraph(NODES, edges)
    assert slice_ == Subgraph([*reversed(NODES), *NODES], [*reversed(edges), *edges])
    assert [edge.position for edge in slice_.edges()] == [1, 2, 3]
    assert [node.key for node in slice_.nodes()] == ["a", "b", "c", "d"]
    assert slice_ != Subgraph(NODES, edges[:2])


def test_a_path_goes_forward_in_the_order_of_the_session() -> None:
    slice_ = Subgraph(NODES, [link("a", "b", 5), link("b", "c", 6), link("b", "d", 4)])
    assert [edge.position for edge in slice_.path("a", "c")] == [5, 6]
    assert slice_.path("a", "d") == ()
    assert [node.key for node in slice_.descendants("a")] == ["b", "c"]
    assert [node.key for node in slice_.ancestors("c")] == ["b", "a"]
    assert [node.key for node in slice_.ancestors("d")] == ["b"]


def test_a_node_that_was_reached_too_late_may_be_reached_again_in_time() -> None:
    """The shortest way to b is late; only the longer, earlier one leads on."""
    slice_ = Subgraph(NODES, [link("a", "b", 9), link("a", "d", 1), link("d", "b", 2), link("b", "c", 3)])
    assert [edge.position for edge in slice_.path("a", "c")] == [1, 2, 3]


def test_a_cycle_ends() -> None:
    slice_ = Subgraph(NODES, [link("a", "b", 1), link("b", "a", 1)])
    assert [node.key for node in slice_.descendants("a")] == ["b"]


def test_a_walk_keeps_within_its_bounds() -> None:
    slice_ = Subgraph(NODES, [link("a", "b", 1), link("b", "c", 2), link("c", "d", 3), link("a", "d", 1, "OF_TOOL")])
    assert [node.key for node in slice_.descendants("a", hops=2)] == ["b", "c"]
    assert [node.key for node in slice_.descendants("a", limit=1)] == ["b"]
    assert [node.key for node in slice_.descendants("b", until=(2, 0))] == ["c"]
    assert [node.key for node in slice_.descendants("a", since=(2, 0))] == []
    assert [node.key for node in slice_.descendants("a", labels={"OF_TOOL"})] == ["d"]


def test_what_lies_beyond_the_slice_has_no_label() -> None:
    slice_ = Subgraph(NODES[:1], [link("a", "far", 1)])
    assert slice_.node("far") == Node("", "far")


def test_a_slice_may_be_extended_without_being_changed() -> None:
    slice_ = Subgraph(NODES, [link("a", "b", 1)])
    longer = slice_.merged(edges=[link("b", "c", 2)])
    assert len(slice_.edges()) == 1
    assert longer.path("a", "c")


def test_the_earliest_known_time_of_an_edge_stands() -> None:
    edge = link("a", "b", 1)
    slice_ = Subgraph(NODES, [edge, edge._replace(at_ns=7), edge._replace(at_ns=5)])
    assert [found.at_ns for found in slice_.edges()] == [5]
    assert slice_.edges()[0].grade is Grade.E1


def test_places_of_system_sources_do_not_compare_and_times_do() -> None:
    call = link("a", "b", 90, "RAN", at_ns=100)
    later, earlier, unknown = (link("b", "c", 1, "READ", at_ns=time) for time in (200, 50, None))
    assert may_precede(call, later)
    assert not may_precede(call, earlier)
    assert may_precede(call, unknown)
