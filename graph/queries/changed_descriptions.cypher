// Did the description of a tool change?
//
// Tools whose descriptions have had several lengths: what a server says of a tool should not change behind one's back.
//
// folder: Tools
// parameters: tenant, limit
// returns: tool, sizes, sessions
MATCH (d:Content)-[:DESCRIBES]->(t:Tool)
WHERE d.tenant = $tenant
WITH t.name AS tool, collect(DISTINCT d.size) AS sizes, count(DISTINCT d.run) AS sessions
WHERE size(sizes) > 1
RETURN tool, sizes, sessions ORDER BY size(sizes) DESC, tool LIMIT $limit
