DROP PROCEDURE "orchestrator"."enter_calls";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."admit_calls";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."record_calls";
--> statement-breakpoint
-- Calls of a tenant go together where they come together, whichever goals they belong to. Rows are locked in the order that 0002
-- names, all of one kind before the first of the next, and of one kind by goal: no two statements wait for each other in a ring.
-- One that is about several goals waits for no row longer than half a second, so that a goal whose row is held does not keep the
-- others; then it has done nothing, and is asked for call by call.

-- Locks what the tasks of these calls hold, goal by goal. Gives the accounts that it is held of.
CREATE FUNCTION "orchestrator"."lock_reservations"(p_tenant text, p_goals text[], p_calls jsonb) RETURNS text[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	of_goal text;
	found text[];
	held text[] := '{}';
BEGIN
	FOREACH of_goal IN ARRAY p_goals LOOP
		WITH locked AS (
			SELECT r.accounts FROM "orchestrator"."budget_reservations" r
				WHERE r.tenant = p_tenant AND r.goal_id = of_goal AND r.task_id = ANY (ARRAY(
					SELECT c.task FROM jsonb_to_recordset(p_calls) AS c(goal text, task text) WHERE c.goal = of_goal))
				ORDER BY r.task_id FOR UPDATE
		)
		SELECT array_agg(DISTINCT a) INTO found FROM locked, unnest(locked.accounts) AS a;
		held := held || found;
	END LOOP;
	RETURN held;
END $$;
--> statement-breakpoint
-- Locks the accounts above several goals: what is below another account before it, then `p_others` (months among them), by name.
CREATE FUNCTION "orchestrator"."lock_accounts"(p_tenant text, p_goals text[], p_others text[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	names text[];
BEGIN
	WITH RECURSIVE up AS (
		SELECT goal_id AS goal, 1 AS step, 'goal/' || goal_id AS account, parent_account AS above
			FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = ANY (p_goals)
		UNION ALL
		-- Parents exist before their children, so that there is no ring; a damaged row must not spin.
		SELECT u.goal, u.step + 1, CASE WHEN a.account IS NULL THEN u.above ELSE a.parent END, NULL
			FROM up u LEFT JOIN "orchestrator"."budget_accounts" a ON a.tenant = p_tenant AND a.account = u.account
			WHERE CASE WHEN a.account IS NULL THEN u.above ELSE a.parent END IS NOT NULL AND u.step < 100
	), placed AS (
		SELECT account, max(step) OVER (PARTITION BY goal) - step AS below FROM up
	), ordered AS (
		SELECT account, max(below) AS below FROM placed GROUP BY account
	)
	SELECT array_agg(account ORDER BY below DESC, account) INTO names FROM ordered;
	names := names || ARRAY(SELECT DISTINCT o FROM unnest(p_others) AS o WHERE NOT o = ANY (names) ORDER BY o);
	PERFORM 1 FROM "orchestrator"."budget_accounts" WHERE tenant = p_tenant AND account = ANY (names)
		ORDER BY array_position(names, account) FOR UPDATE;
END $$;
--> statement-breakpoint
-- What the budgets above a goal say to requests of it, one after another. `p_sent`: how often each was sent, with this time, as
-- the journal has counted them; null: it was answered meanwhile. See `admit_calls`, which has locked what comes before.
CREATE FUNCTION "orchestrator"."admit_calls_of_goal"(p_tenant text, p_goal text, p_calls jsonb, p_sent int[], p_budget jsonb)
RETURNS jsonb[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	how_many int := jsonb_array_length(p_calls);
	month text := p_budget->>'month';
	tenant_cap bigint := (p_budget->>'capMicroUsd')::bigint;
	answers jsonb[];
	a "orchestrator"."budget_accounts"%ROWTYPE;
	dead "orchestrator"."budget_reservations"%ROWTYPE;
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
	FOR dead IN SELECT r.* FROM "orchestrator"."budget_reservations" r
			WHERE r.tenant = p_tenant AND r.goal_id = p_goal AND r.task_id = ANY (ARRAY(
				SELECT c.task FROM ROWS FROM (jsonb_to_recordset(p_calls) AS (task text)) WITH ORDINALITY AS c(task, n)
					WHERE p_sent[c.n] IS NOT NULL))
			ORDER BY r.accounts, r.task_id LOOP
		DELETE FROM "orchestrator"."budget_reservations"
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = dead.task_id;
		PERFORM "orchestrator"."note_unknown"(p_tenant, dead);
	END LOOP;
	SELECT parent_account INTO above FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal;
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
		IF p_sent[i] IS NULL THEN
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
			UPDATE "orchestrator"."model_calls" SET requests_sent = p_sent[i] - 1,
				first_sent_at = CASE WHEN p_sent[i] > 1 THEN first_sent_at END
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
		answers[i] := jsonb_build_object('state', 'admitted', 'requestsSent', p_sent[i]);
		IF p_sent[i] = 1 AND call->'story'->'events' <> '[]'::jsonb THEN stories := stories || (call->'story'); END IF;
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
-- Lets requests of a tenant's goals be sent, one after another: counts each in the journal, holds its worst price in every account
-- above its goal, and writes the story of a call's first one (its task starts). An answer for each: `admitted` (requestsSent),
-- `recorded` (result: the call was answered meanwhile), `closed` (the goal has ended) or `refused` (account, cap, settled,
-- reserved, others: what of it is not this goal's), and then nothing is counted or held. What another attempt of a task
-- still held is one that died. `p_calls`: goal, task, revision, turn, attempt, worstMicroUsd, story; of a goal's task at most one.
-- `p_budget`: month (tenant/yyyy-mm), and capMicroUsd and warnShare of that account when the tenant has a limit.
CREATE FUNCTION "orchestrator"."admit_calls"(p_tenant text, p_calls jsonb, p_budget jsonb) RETURNS jsonb[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	goal_ids text[] := ARRAY(SELECT DISTINCT c->>'goal' FROM jsonb_array_elements(p_calls) AS c ORDER BY 1);
	known int;
	going text[];
	held text[];
	answers jsonb[] := array_fill(jsonb_build_object('state', 'closed'), ARRAY[jsonb_array_length(p_calls)]);
	sent int[];
	said jsonb[];
	g record;
BEGIN
	SELECT count(*), coalesce(array_agg(goal_id ORDER BY goal_id) FILTER (WHERE ended_at IS NULL), '{}') INTO known, going
		FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = ANY (goal_ids);
	IF known < cardinality(goal_ids) THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	IF going = '{}' THEN RETURN answers; END IF;
	IF cardinality(going) > 1 THEN PERFORM set_config('lock_timeout', '500ms', true); END IF;
	WITH counted AS (
		INSERT INTO "orchestrator"."model_calls" AS m
				(tenant, goal_id, task_id, revision, turn, requests_sent, first_sent_at)
			SELECT p_tenant, c.goal, c.task, c.revision, c.turn, 1, now()
				FROM jsonb_to_recordset(p_calls) AS c(goal text, task text, revision int, turn int)
				WHERE c.goal = ANY (going) ORDER BY c.goal, c.task, c.revision, c.turn
			ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
				requests_sent = m.requests_sent + 1, first_sent_at = coalesce(m.first_sent_at, now())
				WHERE m.recorded_at IS NULL
			RETURNING m.goal_id, m.task_id, m.revision, m.turn, m.requests_sent
	)
	SELECT array_agg(o.requests_sent ORDER BY c.n) INTO sent
		FROM ROWS FROM (jsonb_to_recordset(p_calls) AS (goal text, task text, revision int, turn int)) WITH ORDINALITY
			AS c(goal, task, revision, turn, n)
		LEFT JOIN counted o ON o.goal_id = c.goal AND o.task_id = c.task AND o.revision = c.revision AND o.turn = c.turn;
	held := "orchestrator"."lock_reservations"(p_tenant, going, p_calls);
	IF cardinality(goal_ids) = 1 THEN
		RETURN "orchestrator"."admit_calls_of_goal"(p_tenant, goal_ids[1], p_calls, sent, p_budget);
	END IF;
	PERFORM "orchestrator"."lock_accounts"(p_tenant, going, held || ARRAY[p_budget->>'month']);
	FOR g IN SELECT e.call->>'goal' AS goal, array_agg(e.n::int ORDER BY e.n) AS places, jsonb_agg(e.call ORDER BY e.n) AS calls,
				array_agg(sent[e.n] ORDER BY e.n) AS sent
			FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
			WHERE e.call->>'goal' = ANY (going) GROUP BY 1 ORDER BY 1 LOOP
		said := "orchestrator"."admit_calls_of_goal"(p_tenant, g.goal, g.calls, g.sent, p_budget);
		FOR i IN 1..cardinality(g.places) LOOP answers[g.places[i]] := said[i]; END LOOP;
	END LOOP;
	RETURN answers;
END $$;
--> statement-breakpoint
-- Lets requests of a tenant's goals be sent, or says why not, in one round trip: journal, room, budget. An answer for each: `recorded`
-- (result), `exhausted` (failures: it has failed maxFailures times), `no-room` (waitS, announce: as `take_capacity` has them),
-- or `passed` (probe, watched, calm: as `take_capacity` has them; admission: what `admit_calls` says. When that is no admission,
-- the room is taken all the same, and the caller gives it back). `p_calls`: what `admit_calls` takes, and gate: maxFailures, and
-- what `take_capacity` takes.
-- Room is taken in a transaction of its own, so that a model's row is held while it is written and not until a budget is on
-- disk. That transaction is not waited for, as room may be lost in a crash; what is held of a budget may not. Who dies between the two
-- has taken room for nothing: buckets fill again, and the next probe goes an interval later. Must not be called in a transaction.
CREATE PROCEDURE "orchestrator"."enter_calls"(
	p_tenant text, p_calls jsonb, p_budget jsonb, INOUT p_answers jsonb
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	goal_ids text[] := ARRAY(SELECT DISTINCT c->>'goal' FROM jsonb_array_elements(p_calls) AS c);
	answers jsonb[];
	admissions jsonb[];
	passed int[] := '{}';
	going jsonb := '[]';
	c record;
	pass record;
	looked_at text;
	together int;
	all_pass boolean;
	-- A task of these goals waits in the line of some model: lines have places for single calls.
	queued boolean := EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters" WHERE tenant = p_tenant AND goal_id = ANY (goal_ids));
BEGIN
	-- Of several models the rows are locked in one order. All calls of a model take room at once; when they cannot, one by one.
	FOR c IN
			WITH asked AS (
				SELECT e.call, e.call->'gate' AS gate, e.call->'gate'->>'model' AS model, e.n, m.result, m.failures,
						m.result IS NULL AND coalesce(m.failures, 0) < (e.call->'gate'->>'maxFailures')::int AS wants
					FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
					LEFT JOIN "orchestrator"."model_calls" m ON m.tenant = p_tenant AND m.goal_id = ANY (goal_ids)
						AND m.goal_id = e.call->>'goal' AND m.task_id = e.call->>'task' AND m.revision = (e.call->>'revision')::int AND m.turn = (e.call->>'turn')::int
			)
			SELECT asked.*, count(*) FILTER (WHERE wants) OVER of_model AS calls,
					sum((gate->>'inputTokens')::float8) FILTER (WHERE wants) OVER of_model AS inputs,
					sum((gate->>'outputTokens')::float8) FILTER (WHERE wants) OVER of_model AS outputs
				FROM asked WINDOW of_model AS (PARTITION BY asked.model) ORDER BY asked.model, n LOOP
		IF c.result IS NOT NULL THEN
			answers[c.n] := jsonb_build_object('state', 'recorded', 'result', c.result);
			CONTINUE;
		END IF;
		IF NOT c.wants THEN
			answers[c.n] := jsonb_build_object('state', 'exhausted', 'failures', c.failures);
			CONTINUE;
		END IF;
		IF c.model IS DISTINCT FROM looked_at THEN
			looked_at := c.model;
			all_pass := false;
			together := CASE WHEN queued THEN 1 ELSE c.calls END;
		END IF;
		WHILE NOT all_pass LOOP
			SELECT * INTO pass FROM "orchestrator"."take_capacity"(
				c.model, p_tenant, c.call->>'goal', c.call->>'task', (c.gate->>'priority')::int, (c.gate->>'weight')::float8,
				CASE WHEN together > 1 THEN c.inputs ELSE (c.gate->>'inputTokens')::float8 END,
				CASE WHEN together > 1 THEN c.outputs ELSE (c.gate->>'outputTokens')::float8 END, (c.gate->>'probeS')::float8,
				(c.gate->>'requestsPerSecond')::float8, (c.gate->>'requestsPerMinute')::float8,
				(c.gate->>'inputTokensPerMinute')::float8, (c.gate->>'outputTokensPerMinute')::float8, together);
			EXIT WHEN together = 1;
			all_pass := pass.open IS NOT NULL;
			together := 1;
		END LOOP;
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
		admissions := "orchestrator"."admit_calls"(p_tenant, going, p_budget);
		FOR i IN 1..cardinality(passed) LOOP
			answers[passed[i]] := answers[passed[i]] || jsonb_build_object('admission', admissions[i]);
		END LOOP;
	END IF;
	p_answers := to_jsonb(answers);
END $$;
--> statement-breakpoint
-- Finished calls of a tenant's goals, all of them or nothing: journal, blobs, budget, ledger, transcripts, results, verdicts, plan, story.
-- A call that is recorded stays as it was: gives its result (a list, null for the others; null when there is none), and counts what this attempt paid beside it.
-- `p_calls`: goal, task, revision, turn, purpose, agent, attempt, result, requestId, stopReason, transcript, taskResult, criteria
-- (taskId, rows), plan, live (the end of its live text, as a notification), story. Of a goal's task at most one.
CREATE FUNCTION "orchestrator"."record_calls"(p_tenant text, p_calls jsonb, p_hashes text[], p_bytes bytea[])
RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	goal_ids text[] := ARRAY(SELECT DISTINCT c->>'goal' FROM jsonb_array_elements(p_calls) AS c ORDER BY 1);
	of_goal text;
	held text[];
	earlier jsonb[];
	calls jsonb := p_calls;
	fresh text[];
	stories jsonb[];
	settled int := 0;
	of_chain record;
	c record;
BEGIN
	IF cardinality(goal_ids) > 1 THEN PERFORM set_config('lock_timeout', '500ms', true); END IF;
	WITH written AS (
		INSERT INTO "orchestrator"."model_calls" AS m (tenant, goal_id, task_id, revision, turn, purpose, agent, result,
				request_id, stop_reason, recorded_at, recorded_by)
			SELECT p_tenant, c.goal, c.task, c.revision, c.turn, c.purpose, c.agent, c.result, c."requestId", c."stopReason", now(),
					c.attempt
				FROM jsonb_to_recordset(p_calls) AS c(goal text, task text, revision int, turn int, purpose text, agent text, result jsonb,
					"requestId" text, "stopReason" text, attempt text)
				ORDER BY c.goal, c.task, c.revision, c.turn
			ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
				purpose = excluded.purpose, agent = excluded.agent, result = excluded.result, request_id = excluded.request_id,
				stop_reason = excluded.stop_reason, recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by
				WHERE m.recorded_at IS NULL
			RETURNING concat_ws('/', m.goal_id, m.task_id, m.revision, m.turn) AS key
	)
	SELECT array_agg(key) INTO fresh FROM written;
	-- All reservations before the first account.
	IF jsonb_array_length(p_calls) > 1 THEN
		held := "orchestrator"."lock_reservations"(p_tenant, goal_ids, p_calls);
	END IF;
	IF fresh IS NOT NULL AND cardinality(p_hashes) > 0 THEN
		INSERT INTO "orchestrator"."blobs" (tenant, hash, bytes)
			SELECT p_tenant, b.hash, b.bytes FROM unnest(p_hashes, p_bytes) AS b(hash, bytes) ON CONFLICT DO NOTHING;
	END IF;
	IF cardinality(goal_ids) > 1 THEN PERFORM "orchestrator"."lock_accounts"(p_tenant, goal_ids, held); END IF;
	IF cardinality(fresh) IS DISTINCT FROM jsonb_array_length(p_calls) THEN
		calls := '[]';
		earlier := array_fill(NULL::jsonb, ARRAY[jsonb_array_length(p_calls)]);
		FOR c IN SELECT e.call, e.n, m.result, m.recorded_by FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
				JOIN "orchestrator"."model_calls" m ON m.tenant = p_tenant AND m.goal_id = ANY (goal_ids)
					AND m.goal_id = e.call->>'goal' AND m.task_id = e.call->>'task' AND m.revision = (e.call->>'revision')::int AND m.turn = (e.call->>'turn')::int
				ORDER BY e.n LOOP
			IF concat_ws('/', c.call->>'goal', c.call->>'task', c.call->>'revision', c.call->>'turn') = ANY (fresh) THEN
				calls := calls || c.call;
				CONTINUE;
			END IF;
			earlier[c.n] := c.result;
			IF c.call->>'attempt' IS DISTINCT FROM c.recorded_by THEN
				PERFORM "orchestrator"."end_attempt"(p_tenant, c.call->>'goal', c.call->>'task', (c.call->>'revision')::int,
					(c.call->>'turn')::int, c.call->>'attempt', 'duplicate', (c.call->'result'->>'costMicroUsd')::bigint);
			END IF;
		END LOOP;
		IF fresh IS NULL THEN RETURN to_jsonb(earlier); END IF;
	END IF;
	-- Of two months of a tenant the earlier one first.
	FOR of_chain IN
			WITH ended AS (
				DELETE FROM "orchestrator"."budget_reservations" r
					USING jsonb_to_recordset(calls) AS c(goal text, task text, attempt text, result jsonb)
					WHERE r.tenant = p_tenant AND r.goal_id = ANY (goal_ids) AND r.goal_id = c.goal AND r.task_id = c.task AND r.attempt = c.attempt
					RETURNING r.accounts, r.micro_usd, (c.result->>'costMicroUsd')::bigint AS cost
			)
			SELECT accounts, sum(micro_usd)::bigint AS held, sum(cost)::bigint AS cost, count(*)::int AS how_many
				FROM ended GROUP BY accounts ORDER BY accounts LOOP
		PERFORM "orchestrator"."charge_accounts"(p_tenant, of_chain.accounts, -of_chain.held, of_chain.cost, 0);
		settled := settled + of_chain.how_many;
	END LOOP;
	IF settled < cardinality(fresh) THEN
		-- Some attempts had been given up; those that were not have nothing left to end.
		FOR c IN SELECT * FROM jsonb_to_recordset(calls) AS c(goal text, task text, revision int, turn int, attempt text, result jsonb)
				WHERE c.attempt IS NOT NULL ORDER BY c.goal, c.task LOOP
			PERFORM "orchestrator"."end_attempt"(p_tenant, c.goal, c.task, c.revision, c.turn, c.attempt, 'recorded',
				(c.result->>'costMicroUsd')::bigint);
		END LOOP;
	END IF;
	INSERT INTO "orchestrator"."usage_ledger" (tenant, goal_id, task_id, revision, turn, model, input_tokens,
			output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, cost_micro_usd, batch)
		SELECT p_tenant, c.goal, c.task, c.revision, c.turn, r.model, (r.usage->>'inputTokens')::bigint,
				(r.usage->>'outputTokens')::bigint, (r.usage->>'cacheReadTokens')::bigint, (r.usage->>'cacheWrite5mTokens')::bigint,
				(r.usage->>'cacheWrite1hTokens')::bigint, (r.usage->>'webSearches')::bigint, r."costMicroUsd", coalesce(r.batch, false)
			FROM jsonb_to_recordset(calls) AS c(goal text, task text, revision int, turn int, result jsonb),
				jsonb_to_record(c.result) AS r(model text, usage jsonb, "costMicroUsd" bigint, batch boolean);
	INSERT INTO "orchestrator"."transcripts" (tenant, goal_id, task_id, revision, position, role, content)
		SELECT p_tenant, c.goal, c.task, e.revision, e.position, e.role, e.content
			FROM jsonb_to_recordset(calls) AS c(goal text, task text, transcript jsonb),
				jsonb_to_recordset(c.transcript) AS e(revision int, position int, role text, content jsonb)
		ON CONFLICT DO NOTHING;
	INSERT INTO "orchestrator"."task_results"
			(tenant, goal_id, task_id, revision, output_hash, output_bytes, summary, evidence)
		SELECT p_tenant, c.goal, c.task, c.revision, r.output->>'hash', (r.output->>'bytes')::int, r.summary, r.evidence
			FROM jsonb_to_recordset(calls) AS c(goal text, task text, revision int, "taskResult" jsonb),
				jsonb_to_record(c."taskResult") AS r(output jsonb, summary text, evidence jsonb)
			WHERE c."taskResult" IS NOT NULL
		ON CONFLICT (tenant, goal_id, task_id, revision) DO UPDATE SET output_hash = excluded.output_hash,
			output_bytes = excluded.output_bytes, summary = excluded.summary, evidence = excluded.evidence;
	FOREACH of_goal IN ARRAY goal_ids LOOP
		stories := '{}';
		FOR c IN SELECT * FROM jsonb_to_recordset(calls) AS c(goal text, criteria jsonb, plan jsonb, live text, story jsonb)
				WHERE c.goal = of_goal LOOP
			stories := stories || c.story;
			-- Watchers hear notifications in this order: the text before the turn's end.
			IF c.live IS NOT NULL THEN PERFORM pg_notify(c.story->>'channel', c.live); END IF;
			IF c.criteria IS NOT NULL THEN PERFORM "orchestrator"."write_verdicts"(p_tenant, of_goal, c.criteria); END IF;
			IF c.plan IS NOT NULL THEN PERFORM "orchestrator"."accept_plan"(p_tenant, of_goal, c.plan); END IF;
		END LOOP;
		IF stories <> '{}' THEN
			PERFORM "orchestrator"."append_events"(p_tenant, of_goal, "orchestrator"."join_stories"(stories));
		END IF;
	END LOOP;
	RETURN to_jsonb(earlier);
END $$;
