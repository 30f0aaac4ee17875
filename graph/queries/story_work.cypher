// What did the calls of a story do?
//
// Processes, files, connections and privileged calls that the kernel saw as the work of its calls.
//
// folder: Stories
// parameters: tenant, story
// returns: graph
MATCH (s:Story {id: $story, tenant: $tenant})<-[p:PART_OF]-(c:ToolCall)-[w:RAN|TOUCHED]->(x)
OPTIONAL MATCH tree = (x)-[:STARTED*1..4]->(:Process)
OPTIONAL MATCH (x)-[d:CONNECTED|WROTE|CHANGED|EXERCISED|LOOKED_UP]->(y)
OPTIONAL MATCH (f:File)-[o:READ]->(x)
RETURN s, p, c, w, x, tree, d, y, f, o LIMIT 1000
