CREATE TABLE "orchestrator"."extra_spend" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"attempt" text NOT NULL,
	"kind" text NOT NULL,
	"accounts" text[] NOT NULL,
	"micro_usd" bigint NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "extra_spend_tenant_goal_id_task_id_revision_turn_attempt_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","turn","attempt")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_accounts" ALTER COLUMN "cap_micro_usd" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_accounts" ADD COLUMN "parent" text;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_accounts" ADD COLUMN "unknown_micro_usd" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" ADD COLUMN "attempt" text NOT NULL DEFAULT 'earlier';--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" ALTER COLUMN "attempt" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" ADD COLUMN "accounts" text[];--> statement-breakpoint
UPDATE "orchestrator"."budget_reservations" SET "accounts" = ARRAY["account"];--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" ALTER COLUMN "accounts" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" ADD COLUMN "at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "orchestrator"."goals" ADD COLUMN "parent_account" text;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_calls" ADD COLUMN "recorded_by" text;--> statement-breakpoint
ALTER TABLE "orchestrator"."budget_reservations" DROP COLUMN "account";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."reserve_budget";
--> statement-breakpoint
DROP FUNCTION "orchestrator"."settle_budget";
--> statement-breakpoint
-- Rows are locked in one order, so that no two writers wait for each other: the call in the journal, reservations, blobs,
-- accounts from the goal upwards, the goal, its tasks. All calls of a goal queue at its row: it comes last.

-- Appends a story: events with contiguous numbers, what they do to the goal and its tasks, the notification. Members:
-- channel, events, goal (patch), tasks (patches), more (counters), and numbers of workflow events when there are any. Of
-- these, gives the ones that are stored already, and then does nothing; else gives an empty list.
CREATE FUNCTION "orchestrator"."append_events"(p_tenant text, p_goal text, p_story jsonb) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	how_many int := jsonb_array_length(p_story->'events');
	g jsonb := p_story->'goal';
	more jsonb := p_story->'more';
	known int[];
	first bigint;
	p jsonb;
BEGIN
	IF p_story ? 'numbers' THEN
		PERFORM 1 FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal FOR UPDATE;
		SELECT array_agg(e.number) INTO known FROM "orchestrator"."events" e
			WHERE e.tenant = p_tenant AND e.goal_id = p_goal AND e.number IS NOT NULL
				AND e.number = ANY (ARRAY(SELECT jsonb_array_elements_text(p_story->'numbers')::int));
		IF known IS NOT NULL THEN RETURN known; END IF;
	END IF;
	UPDATE "orchestrator"."goals" SET
		event_seq = event_seq + how_many,
		status = CASE WHEN ended_at IS NULL AND status <> 'cancelling' THEN coalesce(g->>'status', status) ELSE status END,
		awaiting = CASE WHEN g ? 'awaiting' THEN g->>'awaiting' ELSE awaiting END,
		reason = CASE WHEN g ? 'reason' AND ended_at IS NULL THEN g->>'reason' ELSE reason END,
		started_at = coalesce(started_at, (g->>'startedAt')::timestamptz),
		cost_micro_usd = cost_micro_usd + coalesce((more->>'costMicroUsd')::bigint, 0),
		model_calls = model_calls + coalesce((more->>'modelCalls')::int, 0),
		tool_calls = tool_calls + coalesce((more->>'toolCalls')::int, 0)
		WHERE tenant = p_tenant AND goal_id = p_goal
		RETURNING event_seq - how_many INTO first;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	IF how_many > 0 THEN
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
	RETURN '{}'::int[];
END $$;
--> statement-breakpoint
-- Writes a plan's row (revision, hash, bytes, source) and its tasks; the body is a blob of the caller's. A revision that
-- is there stays as it is. Tasks that have started keep their state; those that are gone and never started go.
CREATE FUNCTION "orchestrator"."accept_plan"(p_tenant text, p_goal text, p_plan jsonb) RETURNS void
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
			optional = excluded.optional,
			status = CASE WHEN t.started_at IS NULL THEN 'waiting' ELSE t.status END,
			reason = CASE WHEN t.started_at IS NULL THEN NULL ELSE t.reason END,
			ended_at = CASE WHEN t.started_at IS NULL THEN NULL ELSE t.ended_at END;
	DELETE FROM "orchestrator"."tasks" WHERE tenant = p_tenant AND goal_id = p_goal AND started_at IS NULL
		AND NOT task_id = ANY (ARRAY(SELECT jsonb_array_elements(p_plan->'tasks')->>'id'));
END $$;
--> statement-breakpoint
-- Changes what the accounts of a chain hold, from the goal upwards.
CREATE FUNCTION "orchestrator"."charge_accounts"(
	p_tenant text, p_accounts text[], p_reserved bigint, p_settled bigint, p_unknown bigint
) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY p_accounts LOOP
		UPDATE "orchestrator"."budget_accounts" SET
			reserved_micro_usd = reserved_micro_usd + p_reserved,
			settled_micro_usd = settled_micro_usd + p_settled,
			unknown_micro_usd = unknown_micro_usd + p_unknown
			WHERE tenant = p_tenant AND account = name;
	END LOOP;
END $$;
--> statement-breakpoint
-- A request was sent and its answer will never come: what was held for it counts as spent.
CREATE FUNCTION "orchestrator"."note_unknown"(p_tenant text, p_held "orchestrator"."budget_reservations") RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO "orchestrator"."extra_spend"
			(tenant, goal_id, task_id, revision, turn, attempt, kind, accounts, micro_usd)
		VALUES (p_tenant, p_held.goal_id, p_held.task_id, p_held.revision, p_held.turn, p_held.attempt, 'unknown',
			p_held.accounts, p_held.micro_usd)
		ON CONFLICT DO NOTHING;
	PERFORM "orchestrator"."charge_accounts"(
		p_tenant, p_held.accounts, -p_held.micro_usd, p_held.micro_usd, p_held.micro_usd);
END $$;
--> statement-breakpoint
-- The requests of a goal that nobody waits for any more: those sent before `p_before` (null: all). Gives how many.
CREATE FUNCTION "orchestrator"."recover_reservations"(p_tenant text, p_goal text, p_before timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	held "orchestrator"."budget_reservations"%ROWTYPE;
	how_many int := 0;
BEGIN
	-- All rows before the first account; of two months of a tenant the earlier one first.
	PERFORM 1 FROM "orchestrator"."budget_reservations"
		WHERE tenant = p_tenant AND goal_id = p_goal ORDER BY task_id FOR UPDATE;
	FOR held IN SELECT * FROM "orchestrator"."budget_reservations"
			WHERE tenant = p_tenant AND goal_id = p_goal AND (p_before IS NULL OR at < p_before) ORDER BY accounts, task_id LOOP
		DELETE FROM "orchestrator"."budget_reservations"
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = held.task_id;
		PERFORM "orchestrator"."note_unknown"(p_tenant, held);
		how_many := how_many + 1;
	END LOOP;
	RETURN how_many;
END $$;
--> statement-breakpoint
-- Ends what an attempt holds, once: `none` (nothing was billed), `unknown` (perhaps), `recorded` or `duplicate` (exactly
-- `p_cost`). An attempt that had been given up, and so counted as unknown, is now known. Gives false when it held nothing.
CREATE FUNCTION "orchestrator"."end_attempt"(
	p_tenant text, p_goal text, p_task text, p_revision int, p_turn int, p_attempt text, p_spend text, p_cost bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	held "orchestrator"."budget_reservations"%ROWTYPE;
	given_up "orchestrator"."extra_spend"%ROWTYPE;
BEGIN
	DELETE FROM "orchestrator"."budget_reservations"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND attempt = p_attempt RETURNING * INTO held;
	IF FOUND THEN
		IF p_spend = 'unknown' THEN
			PERFORM "orchestrator"."note_unknown"(p_tenant, held);
			RETURN true;
		END IF;
		PERFORM "orchestrator"."charge_accounts"(p_tenant, held.accounts, -held.micro_usd, p_cost, 0);
	ELSE
		IF p_spend = 'unknown' THEN RETURN false; END IF;
		DELETE FROM "orchestrator"."extra_spend" WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task
			AND revision = p_revision AND turn = p_turn AND attempt = p_attempt AND kind = 'unknown' RETURNING * INTO given_up;
		IF NOT FOUND THEN RETURN false; END IF;
		held.accounts := given_up.accounts;
		PERFORM "orchestrator"."charge_accounts"(
			p_tenant, held.accounts, 0, p_cost - given_up.micro_usd, -given_up.micro_usd);
	END IF;
	IF p_spend = 'duplicate' THEN
		INSERT INTO "orchestrator"."extra_spend"
				(tenant, goal_id, task_id, revision, turn, attempt, kind, accounts, micro_usd)
			VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, p_attempt, 'duplicate', held.accounts, p_cost);
	END IF;
	RETURN true;
END $$;
--> statement-breakpoint
-- Lets a request be sent: counts it in the journal, holds its worst price in every account above the goal, and writes the
-- story of the call's first one (its task starts). One answer: `admitted` (requestsSent), `recorded` (result: the call was
-- answered meanwhile), `closed` (the goal has ended) or `refused` (account, cap, settled, reserved, others: what of it is
-- not this goal's), and then nothing is counted or held. What another attempt of the task still held is one that died.
-- `p_request`: attempt, worstMicroUsd, month (tenant/yyyy-mm), tenantBudget (capMicroUsd, warnShare of that account).
CREATE FUNCTION "orchestrator"."admit_call"(
	p_tenant text, p_goal text, p_task text, p_revision int, p_turn int, p_request jsonb, p_story jsonb
) RETURNS jsonb
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	worst bigint := (p_request->>'worstMicroUsd')::bigint;
	month text := p_request->>'month';
	tenant_cap bigint := (p_request->'tenantBudget'->>'capMicroUsd')::bigint;
	a "orchestrator"."budget_accounts"%ROWTYPE;
	dead "orchestrator"."budget_reservations"%ROWTYPE;
	ended boolean;
	above text;
	sent int;
	next text := 'goal/' || p_goal;
	parent text;
	chain text[] := '{}';
	refusal jsonb;
	warnings jsonb[] := '{}';
	own bigint;
BEGIN
	SELECT ended_at IS NOT NULL, parent_account INTO ended, above
		FROM "orchestrator"."goals" WHERE tenant = p_tenant AND goal_id = p_goal;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	IF ended THEN RETURN jsonb_build_object('state', 'closed'); END IF;
	INSERT INTO "orchestrator"."model_calls" AS m
			(tenant, goal_id, task_id, revision, turn, requests_sent, first_sent_at)
		VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, 1, now())
		ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
			requests_sent = m.requests_sent + 1, first_sent_at = coalesce(m.first_sent_at, now())
			WHERE m.recorded_at IS NULL
		RETURNING m.requests_sent INTO sent;
	IF NOT FOUND THEN
		RETURN (SELECT jsonb_build_object('state', 'recorded', 'result', result) FROM "orchestrator"."model_calls"
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND revision = p_revision AND turn = p_turn);
	END IF;
	DELETE FROM "orchestrator"."budget_reservations"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task RETURNING * INTO dead;
	IF FOUND THEN PERFORM "orchestrator"."note_unknown"(p_tenant, dead); END IF;
	LOOP
		IF next = month AND tenant_cap IS NOT NULL THEN
			INSERT INTO "orchestrator"."budget_accounts" AS b (tenant, account, cap_micro_usd, warn_share)
				VALUES (p_tenant, month, tenant_cap, (p_request->'tenantBudget'->>'warnShare')::float8) ON CONFLICT DO NOTHING;
		END IF;
		SELECT * INTO a FROM "orchestrator"."budget_accounts" WHERE tenant = p_tenant AND account = next FOR UPDATE;
		IF FOUND THEN
			chain := chain || next;
			IF next = month AND a.cap_micro_usd < tenant_cap THEN
				UPDATE "orchestrator"."budget_accounts" SET cap_micro_usd = tenant_cap, warned_at = NULL
					WHERE tenant = p_tenant AND account = month;
				a.cap_micro_usd := tenant_cap;
			END IF;
			IF a.settled_micro_usd + a.reserved_micro_usd + worst > a.cap_micro_usd THEN
				-- The level that no other call will free goes before one that is only full at the moment.
				IF refusal IS NULL OR ((refusal->>'settled')::bigint + worst <= (refusal->>'cap')::bigint
						AND a.settled_micro_usd + worst > a.cap_micro_usd) THEN
					refusal := jsonb_build_object('account', next, 'cap', a.cap_micro_usd, 'settled', a.settled_micro_usd,
						'reserved', a.reserved_micro_usd);
				END IF;
			ELSIF a.warned_at IS NULL
					AND a.settled_micro_usd + a.reserved_micro_usd + worst >= a.warn_share * a.cap_micro_usd THEN
				warnings := warnings || jsonb_build_object('account', next, 'capMicroUsd', a.cap_micro_usd,
					'settledMicroUsd', a.settled_micro_usd, 'reservedMicroUsd', a.reserved_micro_usd + worst);
			END IF;
			parent := a.parent;
		ELSE
			parent := CASE WHEN next = 'goal/' || p_goal THEN above END;
		END IF;
		EXIT WHEN next = month;
		next := coalesce(parent, month);
		-- Parents exist before their children, so that there is no ring; a damaged row must not spin.
		EXIT WHEN next = ANY (chain);
	END LOOP;
	IF refusal IS NOT NULL THEN
		UPDATE "orchestrator"."model_calls" SET requests_sent = sent - 1,
			first_sent_at = CASE WHEN sent > 1 THEN first_sent_at END
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND revision = p_revision AND turn = p_turn;
		SELECT coalesce(sum(micro_usd), 0) INTO own FROM "orchestrator"."budget_reservations"
			WHERE tenant = p_tenant AND goal_id = p_goal AND refusal->>'account' = ANY (accounts);
		RETURN refusal || jsonb_build_object('state', 'refused', 'others', (refusal->>'reserved')::bigint - own);
	END IF;
	INSERT INTO "orchestrator"."budget_reservations" AS r
			(tenant, goal_id, task_id, revision, turn, attempt, accounts, micro_usd)
		VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, p_request->>'attempt', chain, worst);
	PERFORM "orchestrator"."charge_accounts"(p_tenant, chain, worst, 0, 0);
	IF sent = 1 AND jsonb_array_length(p_story->'events') > 0 THEN
		PERFORM "orchestrator"."append_events"(p_tenant, p_goal, p_story);
	END IF;
	IF cardinality(warnings) > 0 THEN
		UPDATE "orchestrator"."budget_accounts" SET warned_at = now() WHERE tenant = p_tenant
			AND account = ANY (ARRAY(SELECT w->>'account' FROM unnest(warnings) AS w));
		PERFORM "orchestrator"."append_events"(p_tenant, p_goal, jsonb_build_object(
			'channel', p_story->'channel', 'goal', '{}'::jsonb, 'tasks', '[]'::jsonb, 'more', '{}'::jsonb,
			'events', (SELECT jsonb_agg(jsonb_build_object('place', n, 'type', 'budget-warning', 'data', w))
				FROM unnest(warnings) WITH ORDINALITY AS u(w, n))));
	END IF;
	RETURN jsonb_build_object('state', 'admitted', 'requestsSent', sent);
END $$;
--> statement-breakpoint
-- A finished call, all of it or nothing: journal, blobs, budget, ledger, transcript, result, verdicts, plan, story. A call
-- that is recorded stays as it was: gives its result, and counts what this attempt paid beside it. `p_call`: purpose,
-- agent, attempt, result, requestId, stopReason, transcript, taskResult, criteria (taskId, rows), plan, story.
CREATE FUNCTION "orchestrator"."record_call"(
	p_tenant text, p_goal text, p_task text, p_revision int, p_turn int, p_call jsonb, p_hashes text[], p_bytes bytea[]
) RETURNS jsonb
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	result jsonb := p_call->'result';
	cost bigint := (result->>'costMicroUsd')::bigint;
	usage jsonb := result->'usage';
	attempt text := p_call->>'attempt';
	task_result jsonb := p_call->'taskResult';
	verdicts jsonb := p_call->'criteria';
	earlier "orchestrator"."model_calls"%ROWTYPE;
BEGIN
	INSERT INTO "orchestrator"."model_calls" AS m (tenant, goal_id, task_id, revision, turn, purpose, agent, result,
			request_id, stop_reason, recorded_at, recorded_by)
		VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, p_call->>'purpose', p_call->>'agent', result,
			p_call->>'requestId', p_call->>'stopReason', now(), attempt)
		ON CONFLICT (tenant, goal_id, task_id, revision, turn) DO UPDATE SET
			purpose = excluded.purpose, agent = excluded.agent, result = excluded.result, request_id = excluded.request_id,
			stop_reason = excluded.stop_reason, recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by
			WHERE m.recorded_at IS NULL;
	IF NOT FOUND THEN
		SELECT * INTO earlier FROM "orchestrator"."model_calls"
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND revision = p_revision AND turn = p_turn;
		IF attempt IS DISTINCT FROM earlier.recorded_by THEN
			PERFORM "orchestrator"."end_attempt"(
				p_tenant, p_goal, p_task, p_revision, p_turn, attempt, 'duplicate', cost);
		END IF;
		RETURN earlier.result;
	END IF;
	IF cardinality(p_hashes) > 0 THEN
		INSERT INTO "orchestrator"."blobs" (tenant, hash, bytes)
			SELECT p_tenant, b.hash, b.bytes FROM unnest(p_hashes, p_bytes) AS b(hash, bytes) ON CONFLICT DO NOTHING;
	END IF;
	IF attempt IS NOT NULL THEN
		PERFORM "orchestrator"."end_attempt"(p_tenant, p_goal, p_task, p_revision, p_turn, attempt, 'recorded', cost);
	END IF;
	INSERT INTO "orchestrator"."usage_ledger" (tenant, goal_id, task_id, revision, turn, model, input_tokens,
			output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, cost_micro_usd, batch)
		VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, result->>'model', (usage->>'inputTokens')::bigint,
			(usage->>'outputTokens')::bigint, (usage->>'cacheReadTokens')::bigint, (usage->>'cacheWrite5mTokens')::bigint,
			(usage->>'cacheWrite1hTokens')::bigint, (usage->>'webSearches')::bigint, cost, coalesce((result->>'batch')::boolean, false));
	INSERT INTO "orchestrator"."transcripts" (tenant, goal_id, task_id, revision, position, role, content)
		SELECT p_tenant, p_goal, p_task, e.revision, e.position, e.role, e.content
		FROM jsonb_to_recordset(p_call->'transcript') AS e(revision int, position int, role text, content jsonb)
		ON CONFLICT DO NOTHING;
	IF task_result IS NOT NULL THEN
		INSERT INTO "orchestrator"."task_results"
				(tenant, goal_id, task_id, revision, output_hash, output_bytes, summary, evidence)
			VALUES (p_tenant, p_goal, p_task, p_revision, task_result->'output'->>'hash',
				(task_result->'output'->>'bytes')::int, task_result->>'summary', task_result->'evidence')
			ON CONFLICT (tenant, goal_id, task_id, revision) DO UPDATE SET output_hash = excluded.output_hash,
				output_bytes = excluded.output_bytes, summary = excluded.summary, evidence = excluded.evidence;
	END IF;
	IF verdicts IS NOT NULL THEN
		INSERT INTO "orchestrator"."criteria"
				(tenant, goal_id, task_id, position, criterion, verdict, quote, source, reason)
			SELECT p_tenant, p_goal, verdicts->>'taskId', c.position, c.criterion, c.verdict, c.quote, c.source, c.reason
			FROM jsonb_to_recordset(verdicts->'rows')
				AS c(position int, criterion text, verdict text, quote text, source text, reason text)
			ON CONFLICT (tenant, goal_id, task_id, position) DO UPDATE SET criterion = excluded.criterion,
				verdict = excluded.verdict, quote = excluded.quote, source = excluded.source, reason = excluded.reason;
		DELETE FROM "orchestrator"."criteria" WHERE tenant = p_tenant AND goal_id = p_goal
			AND task_id = verdicts->>'taskId' AND position >= jsonb_array_length(verdicts->'rows');
	END IF;
	IF p_call ? 'plan' THEN PERFORM "orchestrator"."accept_plan"(p_tenant, p_goal, p_call->'plan'); END IF;
	PERFORM "orchestrator"."append_events"(p_tenant, p_goal, p_call->'story');
	RETURN NULL;
END $$;
