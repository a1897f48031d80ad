-- Appends a story: events with contiguous numbers, what they do to the goal and its tasks, the notification. Members:
-- channel, events, goal (patch), tasks (patches), more (counters), and numbers of workflow events when there are any. Of
-- these, gives the ones that are stored already, and then appends nothing; else gives an empty list. A workflow task that is
-- lost after it told its events is made anew, and people's messages may then come in another order: what it tells later under
-- the same numbers is what holds, whichever arrives first.
CREATE OR REPLACE FUNCTION "orchestrator"."append_events"(p_tenant text, p_goal text, p_story jsonb) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	how_many int := jsonb_array_length(p_story->'events');
	g jsonb := p_story->'goal';
	more jsonb := p_story->'more';
	known int[];
	first bigint;
	ended boolean;
	p jsonb;
BEGIN
	IF p_story ? 'numbers' THEN
		PERFORM 1 FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal FOR UPDATE;
		SELECT array_agg(e.number) INTO known FROM "orchestrator"."events" e
			WHERE e.tenant = p_tenant AND e.goal_id = p_goal AND e.number IS NOT NULL
				AND e.number = ANY (ARRAY(SELECT jsonb_array_elements_text(p_story->'numbers')::int));
		IF known IS NOT NULL THEN
			UPDATE "orchestrator"."events" e SET type = n.type, task_id = n.task_id, data = n.data, at = n.at
				FROM jsonb_to_recordset(p_story->'events')
					AS n(number int, type text, task_id text, data jsonb, at timestamptz)
				WHERE e.tenant = p_tenant AND e.goal_id = p_goal AND e.number = n.number AND n.at > e.at
					AND (e.type, e.task_id, e.data) IS DISTINCT FROM (n.type, n.task_id, n.data);
			IF NOT FOUND THEN RETURN known; END IF;
			how_many := 0;
			more := '{}'::jsonb;
		END IF;
	END IF;
	UPDATE "orchestrator"."goals" SET
		event_seq = event_seq + CASE WHEN ended_at IS NULL THEN how_many ELSE 0 END,
		status = CASE WHEN ended_at IS NULL AND status <> 'cancelling' THEN coalesce(g->>'status', status) ELSE status END,
		awaiting = CASE WHEN g ? 'awaiting' THEN g->>'awaiting' ELSE awaiting END,
		reason = CASE WHEN g ? 'reason' AND ended_at IS NULL THEN g->>'reason' ELSE reason END,
		started_at = coalesce(started_at, (g->>'startedAt')::timestamptz),
		cost_micro_usd = cost_micro_usd + coalesce((more->>'costMicroUsd')::bigint, 0),
		model_calls = model_calls + coalesce((more->>'modelCalls')::int, 0),
		tool_calls = tool_calls + coalesce((more->>'toolCalls')::int, 0)
		WHERE tenant = p_tenant AND goal_id = p_goal
		RETURNING event_seq - how_many, ended_at IS NOT NULL INTO first, ended;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	-- Nothing is told after the end, which is the last event: who comes late (a worker that stood still) only counts.
	IF how_many > 0 AND NOT ended THEN
		INSERT INTO "orchestrator"."events" (tenant, goal_id, seq, number, type, task_id, data, at)
			SELECT p_tenant, p_goal, first + e.place, e.number, e.type, e.task_id, e.data, coalesce(e.at, clock_timestamp())
			FROM jsonb_to_recordset(p_story->'events')
				AS e(place int, number int, type text, task_id text, data jsonb, at timestamptz);
	END IF;
	FOR p IN SELECT jsonb_array_elements(p_story->'tasks') LOOP
		UPDATE "orchestrator"."tasks" SET
			status = coalesce(p->>'status', status),
			reason = CASE WHEN p ? 'status' THEN p->>'reason' ELSE reason END,
			ended_at = CASE WHEN p ? 'status' THEN (p->>'endedAt')::timestamptz ELSE ended_at END,
			started_at = coalesce(started_at, (p->>'startedAt')::timestamptz),
			revision = greatest(revision, (p->>'revision')::int),
			summary = coalesce(p->>'summary', summary),
			cost_micro_usd = cost_micro_usd + coalesce((p->>'costMicroUsd')::bigint, 0),
			model_calls = model_calls + coalesce((p->>'modelCalls')::int, 0)
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p->>'taskId';
	END LOOP;
	PERFORM pg_notify(p_story->>'channel', '{}');
	RETURN coalesce(known, '{}'::int[]);
END $$;
