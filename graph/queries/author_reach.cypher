// What did one author's text lead to?
//
// Calls that have a value of what somebody wrote, or do what it orders.
//
// folder: Content
// parameters: tenant, author, limit
// returns: session, agent, place, link, tool, step
MATCH (d:Content {author: $author, tenant: $tenant})-[r:CARRIED|ORDERED]->(c:ToolCall)
MATCH (s:Session {run: c.run})
RETURN DISTINCT s.session AS session, s.agent AS agent, d.place AS place, type(r) AS link, c.name AS tool, r.position AS step
ORDER BY session, step LIMIT $limit
