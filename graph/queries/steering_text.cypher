// Which places gave out text that orders acts?
//
// Content that holds an order of the very act that followed, by its place.
//
// folder: Content
// parameters: tenant, limit
// returns: place, kind, tool, calls, sessions
MATCH (d:Content)-[:ORDERED]->(c:ToolCall)
WHERE d.tenant = $tenant
RETURN d.place AS place, d.kind AS kind, c.name AS tool, count(DISTINCT c) AS calls, count(DISTINCT c.run) AS sessions
ORDER BY calls DESC, place, tool LIMIT $limit
