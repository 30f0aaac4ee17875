// What do other products say?
//
// Alerts by product, rule and severity.
//
// folder: Coverage
// parameters: tenant, limit
// returns: product, rule, severity, alerts
MATCH (a:Alert)
WHERE a.tenant = $tenant
RETURN a.product AS product, a.rule AS rule, a.severity AS severity, count(*) AS alerts
ORDER BY alerts DESC, product, rule LIMIT $limit
