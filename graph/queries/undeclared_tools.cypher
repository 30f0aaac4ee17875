// Which tools were used that nobody had declared?
//
// In sessions whose tools are known.
//
// folder: Tools
// parameters: tenant, limit
// returns: agent, tool, session
MATCH (s:Session)-[:DECLARED]->(:Tool)
WHERE s.tenant = $tenant
WITH DISTINCT s
MATCH (s)-[:CONTAINS]->(:ToolCall)-[:OF_TOOL]->(t:Tool)
WHERE NOT (s)-[:DECLARED]->(t)
RETURN DISTINCT s.agent AS agent, t.name AS tool, s.session AS session ORDER BY agent, tool, session LIMIT $limit
