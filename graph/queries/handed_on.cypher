// Which files went from one session to another?
//
// Written by the work of one session's call, and read by the work of another's.
//
// folder: Files
// parameters: tenant, limit
// returns: path, from_session, written_by, to_session, read_by
MATCH (w:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(:Process)-[:WROTE]->(f:File)
WHERE w.tenant = $tenant
MATCH (f)-[:READ]->(:Process)<-[:STARTED*0..3]-(:Process)<-[:RAN]-(r:ToolCall)
WHERE r.run <> w.run
MATCH (a:Session {run: w.run}) MATCH (b:Session {run: r.run})
RETURN DISTINCT f.path AS path, a.session AS from_session, w.name AS written_by, b.session AS to_session, r.name AS read_by
ORDER BY path LIMIT $limit
