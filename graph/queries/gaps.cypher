// What was not seen?
//
// What was lost, could not be read or is not captured, by its place.
//
// folder: Coverage
// parameters: tenant, limit
// returns: reason, subject, agent, sessions, lost
MATCH (g:Gap)
WHERE g.tenant = $tenant
OPTIONAL MATCH (s:Session)-[:CONTAINS]->(g)
RETURN g.reason AS reason, g.where AS subject, s.agent AS agent, count(DISTINCT s) AS sessions, sum(coalesce(g.count, 0)) AS lost
ORDER BY lost DESC, sessions DESC, subject LIMIT $limit
