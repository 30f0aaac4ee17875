// Which agents hand work to which?
//
// Sessions whose task came from another agent's run, with the way of the task.
//
// folder: People
// parameters: tenant, limit
// returns: graph
MATCH (a:Session)-[k:CONTAINS]->(d:Content)-[h:HANDED_TO]->(b:Session)
WHERE a.tenant = $tenant
RETURN a, k, d, h, b LIMIT $limit
