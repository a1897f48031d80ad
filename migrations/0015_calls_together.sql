DROP PROCEDURE "orchestrator"."enter_call";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."admit_call";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."record_call";
--> statement-breakpoint
-- Calls of one goal go together where they come together: what they share (accounts, the goal's row, its notification) is then
-- written once. Rows are locked in the order that 0002 names, all of one kind before the first of the next.

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
			FROM ROWS FROM (jsonb_to_recordset(p_story->'events')
				AS (number int, type text, task_id text, data jsonb, at timestamptz)) WITH ORDINALITY
				AS e(number, type, task_id, data, at, place);
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
--> statement-breakpoint
-- One story of several without workflow events, told one after another.
CREATE FUNCTION "orchestrator"."join_stories"(p_stories jsonb[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	joined jsonb := p_stories[1];
	events jsonb := joined->'events';
	goal jsonb := joined->'goal';
	tasks jsonb := joined->'tasks';
	cost bigint := coalesce((joined->'more'->>'costMicroUsd')::bigint, 0);
	calls int := coalesce((joined->'more'->>'modelCalls')::int, 0);
	s jsonb;
BEGIN
	IF cardinality(p_stories) = 1 THEN RETURN joined; END IF;
	FOREACH s IN ARRAY p_stories[2:] LOOP
		events := events || (s->'events');
		goal := goal || (s->'goal');
		tasks := tasks || (s->'tasks');
		cost := cost + coalesce((s->'more'->>'costMicroUsd')::bigint, 0);
		calls := calls + coalesce((s->'more'->>'modelCalls')::int, 0);
	END LOOP;
	RETURN jsonb_build_object('channel', joined->'channel', 'events', events, 'goal', goal, 'tasks', tasks,
		'more', jsonb_build_object('costMicroUsd', cost, 'modelCalls', calls));
END $$;
--> statement-breakpoint
-- Lets requests of a goal be sent, one after another: counts each in the journal, holds its worst price in every account above
-- the goal, and writes the story of a call's first one (its task starts). An answer for each: `admitted` (requestsSent),
-- `recorded` (result: the call was answered meanwhile), `closed` (the goal has ended) or `refused` (account, cap, settled,
-- reserved, others: what of it is not this goal's), and then nothing is counted or held. What another attempt of a task
-- still held is one that died. `p_calls`: task, revision, turn, attempt, worstMicroUsd, story; of a task at most one.
-- `p_budget`: month (tenant/yyyy-mm), and capMicroUsd and warnShare of that account when the tenant has a limit.
CREATE FUNCTION "orchestrator"."admit_calls"(p_tenant text, p_goal text, p_calls jsonb, p_budget jsonb) RETURNS jsonb[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	how_many int := jsonb_array_length(p_calls);
	month text := p_budget->>'month';
	tenant_cap bigint := (p_budget->>'capMicroUsd')::bigint;
	answers jsonb[];
	sent int[];
	open_tasks text[];
	a "orchestrator"."budget_accounts"%ROWTYPE;
	dead "orchestrator"."budget_reservations"%ROWTYPE;
	ended boolean;
	above text;
	next text := 'goal/' || p_goal;
	parent text;
	chain text[] := '{}';
	caps bigint[] := '{}'; settled bigint[] := '{}'; reserved bigint[] := '{}'; warn_at float8[] := '{}';
	call jsonb;
	worst bigint;
	full_at int;
	total bigint := 0;
	admitted int[] := '{}';
	warned text[] := '{}';
	warnings jsonb := '[]';
	stories jsonb[] := '{}';
	own bigint;
BEGIN
	SELECT ended_at IS NOT NULL, parent_account INTO ended, above
		FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	IF ended THEN RETURN array_fill(jsonb_build_object('state', 'closed'), ARRAY[how_many]); END IF;
	WITH counted AS (
		INSERT INTO "orchestrator"."model_calls" AS m
				(tenant, goal_id, task_id, revision, turn, requests_sent, first_sent_at)
			SELECT p_tenant, p_goal, c.task, c.revision, c.turn, 1, now()
				FROM jsonb_to_recordset(p_calls) AS c(task text, revision int, turn int) ORDER BY c.task, c.revision, c.turn
			ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
				requests_sent = m.requests_sent + 1, first_sent_at = coalesce(m.first_sent_at, now())
				WHERE m.recorded_at IS NULL
			RETURNING m.task_id, m.revision, m.turn, m.requests_sent
	)
	SELECT array_agg(o.requests_sent ORDER BY c.n), array_agg(o.task_id) FILTER (WHERE o.task_id IS NOT NULL) INTO sent, open_tasks
		FROM ROWS FROM (jsonb_to_recordset(p_calls) AS (task text, revision int, turn int)) WITH ORDINALITY
			AS c(task, revision, turn, n)
		LEFT JOIN counted o ON o.task_id = c.task AND o.revision = c.revision AND o.turn = c.turn;
	PERFORM 1 FROM "orchestrator"."budget_reservations"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = ANY (open_tasks) ORDER BY task_id FOR UPDATE;
	IF FOUND THEN
		FOR dead IN SELECT * FROM "orchestrator"."budget_reservations"
				WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = ANY (open_tasks) ORDER BY accounts, task_id LOOP
			DELETE FROM "orchestrator"."budget_reservations"
				WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = dead.task_id;
			PERFORM "orchestrator"."note_unknown"(p_tenant, dead);
		END LOOP;
	END IF;
	LOOP
		IF next = month AND tenant_cap IS NOT NULL THEN
			INSERT INTO "orchestrator"."budget_accounts" AS b (tenant, account, cap_micro_usd, warn_share)
				VALUES (p_tenant, month, tenant_cap, (p_budget->>'warnShare')::float8) ON CONFLICT DO NOTHING;
		END IF;
		SELECT * INTO a FROM "orchestrator"."budget_accounts" WHERE tenant = p_tenant AND account = next FOR UPDATE;
		IF FOUND THEN
			IF next = month AND a.cap_micro_usd < tenant_cap THEN
				UPDATE "orchestrator"."budget_accounts" SET cap_micro_usd = tenant_cap, warned_at = NULL
					WHERE tenant = p_tenant AND account = month;
				a.cap_micro_usd := tenant_cap;
			END IF;
			chain := chain || next;
			caps := caps || a.cap_micro_usd;
			settled := settled || a.settled_micro_usd;
			reserved := reserved || a.reserved_micro_usd;
			warn_at := warn_at || CASE WHEN a.warned_at IS NULL THEN a.warn_share * a.cap_micro_usd END;
			parent := a.parent;
		ELSE
			parent := CASE WHEN next = 'goal/' || p_goal THEN above END;
		END IF;
		EXIT WHEN next = month;
		next := coalesce(parent, month);
		-- Parents exist before their children, so that there is no ring; a damaged row must not spin.
		EXIT WHEN next = ANY (chain);
	END LOOP;
	FOR i IN 1..how_many LOOP
		call := p_calls->(i - 1);
		IF sent[i] IS NULL THEN
			answers[i] := (SELECT jsonb_build_object('state', 'recorded', 'result', result) FROM "orchestrator"."model_calls"
				WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = call->>'task'
					AND revision = (call->>'revision')::int AND turn = (call->>'turn')::int);
			CONTINUE;
		END IF;
		worst := (call->>'worstMicroUsd')::bigint;
		full_at := NULL;
		FOR j IN 1..cardinality(chain) LOOP
			-- The level that no other call will free goes before one that is only full at the moment.
			IF settled[j] + reserved[j] + worst > caps[j] AND (full_at IS NULL
					OR (settled[full_at] + worst <= caps[full_at] AND settled[j] + worst > caps[j])) THEN
				full_at := j;
			END IF;
		END LOOP;
		IF full_at IS NOT NULL THEN
			UPDATE "orchestrator"."model_calls" SET requests_sent = sent[i] - 1,
				first_sent_at = CASE WHEN sent[i] > 1 THEN first_sent_at END
				WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = call->>'task'
					AND revision = (call->>'revision')::int AND turn = (call->>'turn')::int;
			SELECT coalesce(sum(micro_usd), 0) + total INTO own FROM "orchestrator"."budget_reservations"
				WHERE tenant = p_tenant AND goal_id = p_goal AND chain[full_at] = ANY (accounts);
			answers[i] := jsonb_build_object('state', 'refused', 'account', chain[full_at], 'cap', caps[full_at],
				'settled', settled[full_at], 'reserved', reserved[full_at], 'others', reserved[full_at] - own);
			CONTINUE;
		END IF;
		FOR j IN 1..cardinality(chain) LOOP
			reserved[j] := reserved[j] + worst;
			IF settled[j] + reserved[j] >= warn_at[j] THEN
				warn_at[j] := NULL;
				warned := warned || chain[j];
				warnings := warnings || jsonb_build_object('type', 'budget-warning', 'data', jsonb_build_object(
					'account', chain[j], 'capMicroUsd', caps[j], 'settledMicroUsd', settled[j], 'reservedMicroUsd', reserved[j]));
			END IF;
		END LOOP;
		total := total + worst;
		admitted := admitted || i;
		answers[i] := jsonb_build_object('state', 'admitted', 'requestsSent', sent[i]);
		IF sent[i] = 1 AND call->'story'->'events' <> '[]'::jsonb THEN stories := stories || (call->'story'); END IF;
	END LOOP;
	IF admitted = '{}' THEN RETURN answers; END IF;
	INSERT INTO "orchestrator"."budget_reservations" AS r
			(tenant, goal_id, task_id, revision, turn, attempt, accounts, micro_usd)
		SELECT p_tenant, p_goal, c.task, c.revision, c.turn, c.attempt, chain, c."worstMicroUsd"
			FROM ROWS FROM (jsonb_to_recordset(p_calls) AS (task text, revision int, turn int, attempt text, "worstMicroUsd" bigint))
				WITH ORDINALITY AS c(task, revision, turn, attempt, "worstMicroUsd", n) WHERE c.n = ANY (admitted);
	UPDATE "orchestrator"."budget_accounts" SET reserved_micro_usd = reserved_micro_usd + total,
		warned_at = CASE WHEN account = ANY (warned) THEN now() ELSE warned_at END
		WHERE tenant = p_tenant AND account = ANY (chain);
	IF warnings <> '[]' THEN
		stories := stories || jsonb_build_object('channel', p_calls->0->'story'->'channel', 'events', warnings,
			'goal', '{}'::jsonb, 'tasks', '[]'::jsonb, 'more', '{}'::jsonb);
	END IF;
	IF stories <> '{}' THEN
		PERFORM "orchestrator"."append_events"(p_tenant, p_goal, "orchestrator"."join_stories"(stories));
	END IF;
	RETURN answers;
END $$;
--> statement-breakpoint
-- Lets requests of a goal be sent, or says why not, in one round trip: journal, room, budget. An answer for each: `recorded`
-- (result), `exhausted` (failures: it has failed maxFailures times), `no-room` (waitS, announce: as `take_capacity` has them),
-- or `passed` (probe, watched, calm: as `take_capacity` has them; admission: what `admit_calls` says. When that is no admission,
-- the room is taken all the same, and the caller gives it back). `p_calls`: what `admit_calls` takes, and gate: maxFailures, and
-- what `take_capacity` takes.
-- Room is taken in a transaction of its own, so that a model's row is held while it is written and not until a budget is on
-- disk. That transaction is not waited for, as room may be lost in a crash; what is held of a budget may not. Who dies between the two
-- has taken room for nothing: buckets fill again, and the next probe goes an interval later. Must not be called in a transaction.
CREATE PROCEDURE "orchestrator"."enter_calls"(
	p_tenant text, p_goal text, p_calls jsonb, p_budget jsonb, INOUT p_answers jsonb
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	answers jsonb[];
	admissions jsonb[];
	passed int[] := '{}';
	going jsonb := '[]';
	c record;
	pass record;
BEGIN
	-- Of several models the rows are locked in one order.
	FOR c IN SELECT e.call, e.call->'gate' AS gate, e.n, m.result, m.failures
			FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
			LEFT JOIN "orchestrator"."model_calls" m ON m.tenant = p_tenant AND m.goal_id = p_goal AND m.task_id = e.call->>'task'
				AND m.revision = (e.call->>'revision')::int AND m.turn = (e.call->>'turn')::int
			ORDER BY e.call->'gate'->>'model', e.n LOOP
		IF c.result IS NOT NULL THEN
			answers[c.n] := jsonb_build_object('state', 'recorded', 'result', c.result);
			CONTINUE;
		END IF;
		IF c.failures >= (c.gate->>'maxFailures')::int THEN
			answers[c.n] := jsonb_build_object('state', 'exhausted', 'failures', c.failures);
			CONTINUE;
		END IF;
		SELECT * INTO pass FROM "orchestrator"."take_capacity"(
			c.gate->>'model', p_tenant, p_goal, c.call->>'task', (c.gate->>'priority')::int, (c.gate->>'weight')::float8,
			(c.gate->>'inputTokens')::float8, (c.gate->>'outputTokens')::float8, (c.gate->>'probeS')::float8,
			(c.gate->>'requestsPerSecond')::float8, (c.gate->>'requestsPerMinute')::float8,
			(c.gate->>'inputTokensPerMinute')::float8, (c.gate->>'outputTokensPerMinute')::float8);
		IF NOT pass.open THEN
			answers[c.n] := jsonb_build_object('state', 'no-room', 'waitS', pass.wait_s, 'announce', pass.announce);
			CONTINUE;
		END IF;
		answers[c.n] := jsonb_build_object('state', 'passed', 'probe', pass.probe, 'watched', pass.watched, 'calm', pass.calm);
		passed := passed || c.n::int;
		going := going || c.call;
	END LOOP;
	IF passed <> '{}' THEN
		-- `synchronous_commit`, which `take_capacity` turns off for its transaction, is what it was in the next one.
		COMMIT;
		admissions := "orchestrator"."admit_calls"(p_tenant, p_goal, going, p_budget);
		FOR i IN 1..cardinality(passed) LOOP
			answers[passed[i]] := answers[passed[i]] || jsonb_build_object('admission', admissions[i]);
		END LOOP;
	END IF;
	p_answers := to_jsonb(answers);
END $$;
--> statement-breakpoint
-- Finished calls of a goal, all of them or nothing: journal, blobs, budget, ledger, transcripts, results, verdicts, plan, story.
-- A call that is recorded stays as it was: gives its result (a list, null for the others; null when there is none), and counts what this attempt paid beside it.
-- `p_calls`: task, revision, turn, purpose, agent, attempt, result, requestId, stopReason, transcript, taskResult, criteria
-- (taskId, rows), plan, live (the end of its live text, as a notification), story. Of a task at most one.
CREATE FUNCTION "orchestrator"."record_calls"(p_tenant text, p_goal text, p_calls jsonb, p_hashes text[], p_bytes bytea[])
RETURNS jsonb
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	earlier jsonb[];
	calls jsonb := p_calls;
	fresh text[];
	stories jsonb[] := '{}';
	settled int := 0;
	of_chain record;
	c record;
BEGIN
	WITH written AS (
		INSERT INTO "orchestrator"."model_calls" AS m (tenant, goal_id, task_id, revision, turn, purpose, agent, result,
				request_id, stop_reason, recorded_at, recorded_by)
			SELECT p_tenant, p_goal, c.task, c.revision, c.turn, c.purpose, c.agent, c.result, c."requestId", c."stopReason", now(),
					c.attempt
				FROM jsonb_to_recordset(p_calls) AS c(task text, revision int, turn int, purpose text, agent text, result jsonb,
					"requestId" text, "stopReason" text, attempt text)
				ORDER BY c.task, c.revision, c.turn
			ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
				purpose = excluded.purpose, agent = excluded.agent, result = excluded.result, request_id = excluded.request_id,
				stop_reason = excluded.stop_reason, recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by
				WHERE m.recorded_at IS NULL
			RETURNING concat_ws('/', m.task_id, m.revision, m.turn) AS key
	)
	SELECT array_agg(key) INTO fresh FROM written;
	-- All reservations before the first account.
	IF jsonb_array_length(p_calls) > 1 THEN
		PERFORM 1 FROM "orchestrator"."budget_reservations"
			WHERE tenant = p_tenant AND goal_id = p_goal
				AND task_id = ANY (ARRAY(SELECT c.task FROM jsonb_to_recordset(p_calls) AS c(task text))) ORDER BY task_id FOR UPDATE;
	END IF;
	IF cardinality(fresh) IS DISTINCT FROM jsonb_array_length(p_calls) THEN
		calls := '[]';
		earlier := array_fill(NULL::jsonb, ARRAY[jsonb_array_length(p_calls)]);
		FOR c IN SELECT e.call, e.n, m.result, m.recorded_by FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
				JOIN "orchestrator"."model_calls" m ON m.tenant = p_tenant AND m.goal_id = p_goal AND m.task_id = e.call->>'task'
					AND m.revision = (e.call->>'revision')::int AND m.turn = (e.call->>'turn')::int
				ORDER BY e.n LOOP
			IF concat_ws('/', c.call->>'task', c.call->>'revision', c.call->>'turn') = ANY (fresh) THEN
				calls := calls || c.call;
				CONTINUE;
			END IF;
			earlier[c.n] := c.result;
			IF c.call->>'attempt' IS DISTINCT FROM c.recorded_by THEN
				PERFORM "orchestrator"."end_attempt"(p_tenant, p_goal, c.call->>'task', (c.call->>'revision')::int,
					(c.call->>'turn')::int, c.call->>'attempt', 'duplicate', (c.call->'result'->>'costMicroUsd')::bigint);
			END IF;
		END LOOP;
		IF fresh IS NULL THEN RETURN to_jsonb(earlier); END IF;
	END IF;
	IF cardinality(p_hashes) > 0 THEN
		INSERT INTO "orchestrator"."blobs" (tenant, hash, bytes)
			SELECT p_tenant, b.hash, b.bytes FROM unnest(p_hashes, p_bytes) AS b(hash, bytes) ON CONFLICT DO NOTHING;
	END IF;
	-- Of two months of a tenant the earlier one first.
	FOR of_chain IN
			WITH ended AS (
				DELETE FROM "orchestrator"."budget_reservations" r USING jsonb_to_recordset(calls) AS c(task text, attempt text, result jsonb)
					WHERE r.tenant = p_tenant AND r.goal_id = p_goal AND r.task_id = c.task AND r.attempt = c.attempt
					RETURNING r.accounts, r.micro_usd, (c.result->>'costMicroUsd')::bigint AS cost
			)
			SELECT accounts, sum(micro_usd)::bigint AS held, sum(cost)::bigint AS cost, count(*)::int AS how_many
				FROM ended GROUP BY accounts ORDER BY accounts LOOP
		PERFORM "orchestrator"."charge_accounts"(p_tenant, of_chain.accounts, -of_chain.held, of_chain.cost, 0);
		settled := settled + of_chain.how_many;
	END LOOP;
	IF settled < cardinality(fresh) THEN
		-- Some attempts had been given up; those that were not have nothing left to end.
		FOR c IN SELECT * FROM jsonb_to_recordset(calls) AS c(task text, revision int, turn int, attempt text, result jsonb)
				WHERE c.attempt IS NOT NULL ORDER BY c.task LOOP
			PERFORM "orchestrator"."end_attempt"(p_tenant, p_goal, c.task, c.revision, c.turn, c.attempt, 'recorded',
				(c.result->>'costMicroUsd')::bigint);
		END LOOP;
	END IF;
	INSERT INTO "orchestrator"."usage_ledger" (tenant, goal_id, task_id, revision, turn, model, input_tokens,
			output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, cost_micro_usd, batch)
		SELECT p_tenant, p_goal, c.task, c.revision, c.turn, r.model, (r.usage->>'inputTokens')::bigint,
				(r.usage->>'outputTokens')::bigint, (r.usage->>'cacheReadTokens')::bigint, (r.usage->>'cacheWrite5mTokens')::bigint,
				(r.usage->>'cacheWrite1hTokens')::bigint, (r.usage->>'webSearches')::bigint, r."costMicroUsd", coalesce(r.batch, false)
			FROM jsonb_to_recordset(calls) AS c(task text, revision int, turn int, result jsonb),
				jsonb_to_record(c.result) AS r(model text, usage jsonb, "costMicroUsd" bigint, batch boolean);
	INSERT INTO "orchestrator"."transcripts" (tenant, goal_id, task_id, revision, position, role, content)
		SELECT p_tenant, p_goal, c.task, e.revision, e.position, e.role, e.content
			FROM jsonb_to_recordset(calls) AS c(task text, transcript jsonb),
				jsonb_to_recordset(c.transcript) AS e(revision int, position int, role text, content jsonb)
		ON CONFLICT DO NOTHING;
	INSERT INTO "orchestrator"."task_results"
			(tenant, goal_id, task_id, revision, output_hash, output_bytes, summary, evidence)
		SELECT p_tenant, p_goal, c.task, c.revision, r.output->>'hash', (r.output->>'bytes')::int, r.summary, r.evidence
			FROM jsonb_to_recordset(calls) AS c(task text, revision int, "taskResult" jsonb),
				jsonb_to_record(c."taskResult") AS r(output jsonb, summary text, evidence jsonb)
			WHERE c."taskResult" IS NOT NULL
		ON CONFLICT (tenant, goal_id, task_id, revision) DO UPDATE SET output_hash = excluded.output_hash,
			output_bytes = excluded.output_bytes, summary = excluded.summary, evidence = excluded.evidence;
	FOR c IN SELECT * FROM jsonb_to_recordset(calls) AS c(criteria jsonb, plan jsonb, live text, story jsonb) LOOP
		stories := stories || c.story;
		-- Watchers hear notifications in this order: the text before the turn's end.
		IF c.live IS NOT NULL THEN PERFORM pg_notify(c.story->>'channel', c.live); END IF;
		IF c.criteria IS NOT NULL THEN PERFORM "orchestrator"."write_verdicts"(p_tenant, p_goal, c.criteria); END IF;
		IF c.plan IS NOT NULL THEN PERFORM "orchestrator"."accept_plan"(p_tenant, p_goal, c.plan); END IF;
	END LOOP;
	PERFORM "orchestrator"."append_events"(p_tenant, p_goal, "orchestrator"."join_stories"(stories));
	RETURN to_jsonb(earlier);
END $$;
--> statement-breakpoint
-- Replaces a task's verdicts (taskId, rows): upserts by position, deletes what is beyond.
CREATE FUNCTION "orchestrator"."write_verdicts"(p_tenant text, p_goal text, p_verdicts jsonb) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO "orchestrator"."criteria"
			(tenant, goal_id, task_id, position, criterion, verdict, quote, source, reason)
		SELECT p_tenant, p_goal, p_verdicts->>'taskId', c.position, c.criterion, c.verdict, c.quote, c.source, c.reason
			FROM jsonb_to_recordset(p_verdicts->'rows')
				AS c(position int, criterion text, verdict text, quote text, source text, reason text)
		ON CONFLICT (tenant, goal_id, task_id, position) DO UPDATE SET criterion = excluded.criterion,
			verdict = excluded.verdict, quote = excluded.quote, source = excluded.source, reason = excluded.reason;
	DELETE FROM "orchestrator"."criteria" WHERE tenant = p_tenant AND goal_id = p_goal
		AND task_id = p_verdicts->>'taskId' AND position >= jsonb_array_length(p_verdicts->'rows');
END $$;
