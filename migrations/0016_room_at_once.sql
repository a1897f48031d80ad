DROP FUNCTION "orchestrator"."take_capacity";
--> statement-breakpoint
-- Takes room for one request of a model, or a place in its line with the time to come again. One round trip.
--
-- The breaker goes first: while it is open, one caller per interval goes through, as a probe. Then the buckets: requests,
-- input and output tokens, each refilled at its limit and at most a sixth of a minute's full. Among those that wait, the
-- tenant that has had the least of the scarcest limit, by its weight, goes first (start-time fair queueing; `turn` is the
-- virtual time, `shares` the tenants' own), then priority, then time. A caller leaves room for those before it that are
-- about to come. Limits are per minute but p_per_second; null: none.
--
-- `p_calls` of one goal at once (their tokens together): all of them, or `open` is null and nothing is taken, which is so whenever
-- somebody waits for the model, or a task of the goal waits: lines have places for single calls.
-- Left to itself PostgreSQL plans the update of the model's row anew each time, which takes longer than the update.
CREATE FUNCTION "orchestrator"."take_capacity"(
	p_model text, p_tenant text, p_goal text, p_task text, p_priority int, p_weight float8,
	p_input float8, p_output float8, p_probe_s float8,
	p_per_second float8, p_requests float8, p_inputs float8, p_outputs float8, p_calls int DEFAULT 1
) RETURNS TABLE (open boolean, probe boolean, watched boolean, wait_s float8, announce boolean, calm boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	g "orchestrator"."model_gates"%ROWTYPE;
	t timestamptz;
	elapsed float8;
	r_rate float8; r_size float8; r_level float8;
	i_rate float8; i_size float8; i_level float8;
	o_rate float8; o_size float8; o_level float8;
	cost float8;
	base float8;
	share float8;
	since timestamptz;
	waiting boolean;
	n float8 := 0; i float8 := 0; o float8 := 0; total float8 := 1;
	near_n float8 := 0; near_i float8 := 0; near_o float8 := 0;
	is_probe boolean := false;
	wait float8 := 0;
BEGIN
	IF p_calls > 1 AND EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters"
			WHERE model = p_model OR (tenant = p_tenant AND goal_id = p_goal)) THEN
		RETURN QUERY SELECT NULL::boolean, false, false, 0::float8, false, false;
		RETURN;
	END IF;
	SELECT * INTO g FROM "orchestrator"."model_gates" WHERE tenant = '*' AND model = p_model;
	IF coalesce(p_per_second, p_requests, p_inputs, p_outputs, g.request_limit, g.input_limit, g.output_limit) IS NULL
			AND (g.model IS NULL OR g.blocked_until <= clock_timestamp()) THEN
		RETURN QUERY SELECT true, false, coalesce(g.strikes, 0) > 0, 0::float8, false,
			"orchestrator"."leave_capacity_line"(p_tenant, p_goal, p_task);
		RETURN;
	END IF;
	-- Buckets and places may be lost in a crash.
	PERFORM set_config('synchronous_commit', 'off', true);
	IF g.model IS NULL THEN
		INSERT INTO "orchestrator"."model_gates" (tenant, model, blocked_until, probed_at)
			VALUES ('*', p_model, 'epoch', 'epoch') ON CONFLICT DO NOTHING;
	END IF;
	SELECT * INTO g FROM "orchestrator"."model_gates" WHERE tenant = '*' AND model = p_model FOR UPDATE;
	t := clock_timestamp();
	elapsed := greatest(0, extract(epoch FROM t - coalesce(g.refilled_at, t)));
	r_rate := least(p_per_second, p_requests / 60, g.request_limit / 60);
	i_rate := least(p_inputs, g.input_limit) / 60;
	o_rate := least(p_outputs, g.output_limit) / 60;
	r_size := CASE WHEN r_rate IS NOT NULL
		THEN greatest(1, least(p_per_second, p_requests / 6, g.request_limit / 6)) END;
	i_size := i_rate * 10;
	o_size := o_rate * 10;
	r_level := least(r_size, coalesce(g.request_level, r_size) + elapsed * r_rate);
	i_level := least(i_size, coalesce(g.input_level, i_size) + elapsed * i_rate);
	o_level := least(o_size, coalesce(g.output_level, o_size) + elapsed * o_rate);
	cost := coalesce(greatest(1 / r_rate, p_input / i_rate, p_output / o_rate), 0);
	g.turn := coalesce(g.turn, 0);
	share := (g.shares ->> p_tenant)::float8;
	-- A tenant that comes new starts where the line is, and may not save up; one that waits keeps what it is owed.
	base := CASE WHEN share < g.turn AND EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters"
		WHERE model = p_model AND tenant = p_tenant AND due_at > t - interval '3 seconds')
		THEN share ELSE greatest(g.turn, share) END;
	waiting := EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters" WHERE model = p_model
		AND (tenant, goal_id, task_id) <> (p_tenant, p_goal, p_task));
	IF p_calls > 1 AND (waiting OR g.blocked_until > t OR r_level < p_calls OR i_level < p_input OR o_level < p_output) THEN
		RETURN QUERY SELECT NULL::boolean, false, false, 0::float8, false, false;
		RETURN;
	END IF;

	IF g.blocked_until > t THEN
		wait := least(extract(epoch FROM g.blocked_until - t),
			extract(epoch FROM g.probed_at - t) + p_probe_s);
		is_probe := extract(epoch FROM t - g.probed_at) >= p_probe_s;
		IF NOT is_probe AND waiting THEN
			-- The more wait, the further apart they come again.
			wait := greatest(wait, 0.02) + random() * p_probe_s * (SELECT least(4, count(*) / 25.0)
				FROM "orchestrator"."capacity_waiters" WHERE model = p_model);
		END IF;
	ELSIF waiting THEN
		SELECT joined_at INTO since FROM "orchestrator"."capacity_waiters"
			WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND model = p_model;
		WITH present AS (
			SELECT tenant, goal_id, task_id, priority, weight, input, output, joined_at, due_at, false AS me
			FROM "orchestrator"."capacity_waiters"
			WHERE model = p_model AND (tenant, goal_id, task_id) <> (p_tenant, p_goal, p_task)
				AND due_at > t - interval '3 seconds' AND due_at < t + interval '1 minute'
			UNION ALL
			SELECT p_tenant, p_goal, p_task, p_priority, p_weight, p_input, p_output, coalesce(since, t), t, true
		), tagged AS (
			SELECT input, output, joined_at, due_at, me,
				CASE WHEN tenant = p_tenant THEN base ELSE coalesce((g.shares ->> tenant)::float8, g.turn) END
				+ sum(greatest(1 / r_rate, input / i_rate, output / o_rate) / weight) OVER (
					PARTITION BY tenant ORDER BY priority DESC, joined_at, goal_id, task_id
					ROWS UNBOUNDED PRECEDING) AS tag
			FROM present
		)
		SELECT count(*), coalesce(sum(a.input), 0), coalesce(sum(a.output), 0), (SELECT count(*) FROM present),
			count(*) FILTER (WHERE a.near), coalesce(sum(a.input) FILTER (WHERE a.near), 0),
			coalesce(sum(a.output) FILTER (WHERE a.near), 0)
		INTO n, i, o, total, near_n, near_i, near_o
		FROM (SELECT tagged.*, due_at < t + make_interval(secs => 0.25 + cost) AS near FROM tagged) a
		WHERE NOT a.me AND (a.tag, a.joined_at)
			< ((SELECT tag FROM tagged WHERE me), (SELECT joined_at FROM tagged WHERE me));
	END IF;

	IF g.blocked_until <= t AND (r_level < near_n + 1 OR i_level < near_i + least(p_input, i_size)
			OR o_level < near_o + least(p_output, o_size)) THEN
		wait := greatest((n + 1 - r_level) / r_rate, (i + least(p_input, i_size) - i_level) / i_rate,
			(o + least(p_output, o_size) - o_level) / o_rate);
		-- A little early, as others may have gone; far away not exactly, so that the line is not asked for all at once.
		wait := CASE WHEN wait * 0.9 < 20 THEN wait * 0.9
			ELSE (15 + 10 * random()) * greatest(1, total / 500.0) END;
	END IF;
	IF wait > 0 AND NOT is_probe THEN
		wait := greatest(wait, 0.02);
		IF share IS DISTINCT FROM base THEN
			UPDATE "orchestrator"."model_gates"
				SET shares = coalesce(shares, '{}'::jsonb) || jsonb_build_object(p_tenant, base)
				WHERE tenant = '*' AND model = p_model;
		END IF;
		RETURN QUERY SELECT false, false, true, wait, "orchestrator"."join_capacity_line"(
			p_model, p_tenant, p_goal, p_task, p_priority, p_weight, p_input, p_output, wait), false;
		RETURN;
	END IF;
	UPDATE "orchestrator"."model_gates" SET
		request_level = r_level - p_calls, input_level = i_level - p_input, output_level = o_level - p_output,
		refilled_at = t,
		probed_at = CASE WHEN is_probe THEN t ELSE probed_at END,
		turn = CASE WHEN waiting THEN greatest(g.turn, base) END,
		shares = CASE WHEN waiting THEN (
			SELECT jsonb_object_agg(key, value) FROM jsonb_each(
				coalesce(g.shares, '{}'::jsonb) || jsonb_build_object(p_tenant, base + cost / p_weight))
			WHERE value::text::float8 > base OR EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters" w
				WHERE w.model = p_model AND w.tenant = key)) END
		WHERE tenant = '*' AND model = p_model;
	RETURN QUERY SELECT true, is_probe, true, 0::float8, false,
		"orchestrator"."leave_capacity_line"(p_tenant, p_goal, p_task);
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
CREATE OR REPLACE PROCEDURE "orchestrator"."enter_calls"(
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
	looked_at text;
	together int;
	all_pass boolean;
BEGIN
	-- Of several models the rows are locked in one order. All calls of a model take room at once; when they cannot, one by one.
	FOR c IN
			WITH asked AS (
				SELECT e.call, e.call->'gate' AS gate, e.call->'gate'->>'model' AS model, e.n, m.result, m.failures,
						m.result IS NULL AND coalesce(m.failures, 0) < (e.call->'gate'->>'maxFailures')::int AS wants
					FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS e(call, n)
					LEFT JOIN "orchestrator"."model_calls" m ON m.tenant = p_tenant AND m.goal_id = p_goal
						AND m.task_id = e.call->>'task' AND m.revision = (e.call->>'revision')::int AND m.turn = (e.call->>'turn')::int
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
			together := c.calls;
		END IF;
		WHILE NOT all_pass LOOP
			SELECT * INTO pass FROM "orchestrator"."take_capacity"(
				c.model, p_tenant, p_goal, c.call->>'task', (c.gate->>'priority')::int, (c.gate->>'weight')::float8,
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
		admissions := "orchestrator"."admit_calls"(p_tenant, p_goal, going, p_budget);
		FOR i IN 1..cardinality(passed) LOOP
			answers[passed[i]] := answers[passed[i]] || jsonb_build_object('admission', admissions[i]);
		END LOOP;
	END IF;
	p_answers := to_jsonb(answers);
END $$;
