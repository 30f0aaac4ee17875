// Where did a story begin, and who wrote that?
//
// The content, or the prompt, at its beginning; the tool that brought it; the author that the system which stores it names.
//
// folder: Stories
// parameters: tenant, story
// returns: kind, place, author, trust, brought_by, step, session
MATCH (s:Story {id: $story, tenant: $tenant})<-[p:PART_OF {role: 'origin'}]-(o)
OPTIONAL MATCH (o)<-[:RETURNED]-(c:ToolCall)
OPTIONAL MATCH (x:Session {run: o.run})
RETURN DISTINCT labels(o)[0] AS kind, o.place AS place, o.author AS author, o.trust AS trust, c.name AS brought_by,
       p.step AS step, x.session AS session
