// Which text of outsiders was used in calls?
//
// Content whose author is not of the house, by its place, with the calls that have a value of it.
//
// folder: Content
// parameters: tenant, limit
// returns: place, author, trust, tool, calls, sessions
MATCH (d:Content)-[:CARRIED|ORDERED]->(c:ToolCall)
WHERE d.tenant = $tenant AND d.trust IN ['external', 'public']
RETURN d.place AS place, d.author AS author, d.trust AS trust, c.name AS tool, count(DISTINCT c) AS calls, count(DISTINCT c.run) AS sessions
ORDER BY calls DESC, place, tool LIMIT $limit
