// Which stories are open?
//
// The strongest first, with what an analyst found.
//
// folder: Stories
// parameters: tenant, limit
// returns: story, severity, score, assessment, title, agent, session, verdict
MATCH (s:Story {tenant: $tenant, standing: 'open'})
OPTIONAL MATCH (x:Session {session: s.session, tenant: $tenant})
RETURN s.id AS story, s.severity AS severity, s.score AS score, s.assessment AS assessment, s.title AS title,
       x.agent AS agent, s.session AS session, s.verdict AS verdict
ORDER BY score DESC, story LIMIT $limit
