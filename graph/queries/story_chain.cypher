// What does a story hold?
//
// Its origin, its effects and the steps between them, with the links that prove it.
//
// folder: Stories
// parameters: tenant, story
// returns: graph
MATCH (s:Story {id: $story, tenant: $tenant})<-[p:PART_OF]-(n)
WITH s, collect(p) AS parts, collect(n) AS members
UNWIND members AS a
OPTIONAL MATCH (a)-[r:CARRIED|ORDERED|RETURNED|REQUESTED|HANDED_TO|SUBMITTED]->(b) WHERE b IN members
RETURN s, parts, a, r, b
