// What did the calls of a session run?
//
// The processes that are the work of its calls, and those that these started.
//
// folder: Processes
// parameters: tenant, session
// returns: graph
MATCH (s:Session {session: $session, tenant: $tenant})-[k:CONTAINS]->(c:ToolCall)-[r:RAN]->(p:Process)
OPTIONAL MATCH tree = (p)-[:STARTED*1..5]->(:Process)
RETURN s, k, c, r, p, tree LIMIT 500
