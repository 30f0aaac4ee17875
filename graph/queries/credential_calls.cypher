// Which calls opened a file like this?
//
// Calls whose work opened or wrote files whose path has a part, such as `.aws/credentials`.
//
// folder: Files
// parameters: tenant, part, limit
// returns: path, tool, session, agent, calls
MATCH (f:File) WHERE f.path CONTAINS $part AND f.tenant = $tenant
CALL {
  WITH f MATCH (f)-[:READ]->(:Process)<-[:STARTED*0..4]-(:Process)<-[:RAN]-(c:ToolCall) RETURN c
  UNION WITH f MATCH (f)<-[:WROTE|CHANGED]-(:Process)<-[:STARTED*0..4]-(:Process)<-[:RAN]-(c:ToolCall) RETURN c
  UNION WITH f MATCH (f)<-[:TOUCHED]-(c:ToolCall) RETURN c
}
MATCH (s:Session {run: c.run})
RETURN f.path AS path, c.name AS tool, s.session AS session, s.agent AS agent, count(DISTINCT c) AS calls
ORDER BY path, session LIMIT $limit
