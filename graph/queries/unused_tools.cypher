// Which tools are offered to an agent and never used?
//
// Permissions that it does not need: declared against used.
//
// folder: Tools
// parameters: tenant, limit
// returns: agent, tool, declared
MATCH (s:Session)-[:DECLARED]->(t:Tool)
WHERE s.tenant = $tenant
WITH s.agent AS agent, t.name AS tool, count(DISTINCT s) AS declared, sum(COUNT { (t)<-[:OF_TOOL]-() }) AS used
WHERE used = 0
RETURN agent, tool, declared ORDER BY declared DESC, agent, tool LIMIT $limit
