-- Tasks that a new plan keeps keep their state as well: what was skipped stays skipped until an event says otherwise.
CREATE OR REPLACE FUNCTION "orchestrator"."accept_plan"(p_tenant text, p_goal text, p_plan jsonb) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	-- The goal's row first: others lock its tasks only under it.
	PERFORM 1 FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal FOR UPDATE;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	INSERT INTO "orchestrator"."plans" (tenant, goal_id, revision, hash, bytes, source)
		VALUES (p_tenant, p_goal, (p_plan->>'revision')::int, p_plan->>'hash', (p_plan->>'bytes')::int, p_plan->>'source')
		ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN RETURN; END IF;
	INSERT INTO "orchestrator"."tasks" AS t
			(tenant, goal_id, task_id, position, title, agent, agent_reason, tier, depends_on, optional)
		SELECT p_tenant, p_goal, p.id, p.position, p.title, p.agent, p."agentReason", p.tier, p."dependsOn", p.optional
		FROM jsonb_to_recordset(p_plan->'tasks') AS p(id text, position int, title text, agent text, "agentReason" text,
			tier text, "dependsOn" text[], optional boolean)
		ON CONFLICT (tenant, goal_id, task_id) DO UPDATE SET
			position = excluded.position, title = excluded.title, agent = excluded.agent,
			agent_reason = excluded.agent_reason, tier = excluded.tier, depends_on = excluded.depends_on,
			optional = excluded.optional;
	DELETE FROM "orchestrator"."tasks" WHERE tenant = p_tenant AND goal_id = p_goal AND started_at IS NULL
		AND NOT task_id = ANY (ARRAY(SELECT jsonb_array_elements(p_plan->'tasks')->>'id'));
END $$;
