// Which names were looked up, and what did they resolve to?
//
// Names that processes asked for, with their addresses; the rarest first.
//
// folder: Network
// parameters: tenant, limit
// returns: name, addresses, processes
MATCH (p:Process)-[:LOOKED_UP]->(n:Endpoint)
WHERE n.tenant = $tenant
OPTIONAL MATCH (n)-[:RESOLVED_TO]->(a:Endpoint)
RETURN n.name AS name, collect(DISTINCT a.name) AS addresses, count(DISTINCT p) AS processes
ORDER BY processes, name LIMIT $limit
