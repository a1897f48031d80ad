CREATE TABLE "orchestrator"."capacity_waiters" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"model" text NOT NULL,
	"priority" integer NOT NULL,
	"weight" double precision NOT NULL,
	"input" double precision NOT NULL,
	"output" double precision NOT NULL,
	"joined_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"announced" boolean NOT NULL,
	CONSTRAINT "capacity_waiters_tenant_goal_id_task_id_pk" PRIMARY KEY("tenant","goal_id","task_id")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "strikes" integer;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "request_limit" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "request_level" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "input_limit" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "input_level" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "output_limit" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "output_level" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "refilled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "turn" double precision;--> statement-breakpoint
ALTER TABLE "orchestrator"."model_gates" ADD COLUMN "shares" jsonb;--> statement-breakpoint
CREATE INDEX "capacity_waiters_line" ON "orchestrator"."capacity_waiters" USING btree ("model","due_at");--> statement-breakpoint
-- A call waits in the line of a model until `p_wait_s` from now. True when its goal is to be shown as waiting from now on:
-- this is its first call that has waited, or will, for two seconds.
CREATE FUNCTION "orchestrator"."join_capacity_line"(
	p_model text, p_tenant text, p_goal text, p_task text, p_priority int, p_weight float8,
	p_input float8, p_output float8, p_wait_s float8
) RETURNS boolean
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	t timestamptz := clock_timestamp();
	since timestamptz;
	known boolean;
	others boolean;
BEGIN
	DELETE FROM "orchestrator"."capacity_waiters" WHERE model = p_model AND due_at < t - interval '10 minutes';
	INSERT INTO "orchestrator"."capacity_waiters" AS w
			(tenant, goal_id, task_id, model, priority, weight, input, output, joined_at, due_at, announced)
		VALUES (p_tenant, p_goal, p_task, p_model, p_priority, p_weight, p_input, p_output, t,
			t + make_interval(secs => p_wait_s), false)
		ON CONFLICT (tenant, goal_id, task_id) DO UPDATE SET
			model = excluded.model, priority = excluded.priority, weight = excluded.weight,
			input = excluded.input, output = excluded.output, due_at = excluded.due_at,
			-- A place of long ago is a dead attempt's.
			joined_at = CASE WHEN w.model = excluded.model AND w.due_at > t - interval '1 minute'
				THEN w.joined_at ELSE excluded.joined_at END
		RETURNING joined_at, announced INTO since, known;
	IF known OR t + make_interval(secs => p_wait_s) < since + interval '2 seconds' THEN RETURN false; END IF;
	others := EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters"
		WHERE tenant = p_tenant AND goal_id = p_goal AND announced AND due_at > t - interval '1 minute');
	UPDATE "orchestrator"."capacity_waiters" SET announced = true
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task;
	RETURN NOT others;
END $$;
--> statement-breakpoint
-- A call leaves the  True when its goal was shown as waiting and no other call of it still is.
CREATE FUNCTION "orchestrator"."leave_capacity_line"(p_tenant text, p_goal text, p_task text) RETURNS boolean
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	was boolean;
BEGIN
	DELETE FROM "orchestrator"."capacity_waiters"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task RETURNING announced INTO was;
	RETURN coalesce(was, false) AND NOT EXISTS (SELECT 1 FROM "orchestrator"."capacity_waiters"
		WHERE tenant = p_tenant AND goal_id = p_goal AND announced AND due_at > clock_timestamp() - interval '1 minute');
END $$;
--> statement-breakpoint
-- Takes room for one request of a model, or a place in its line with the time to come again. One round trip.
--
-- The breaker goes first: while it is open, one caller per interval goes through, as a probe. Then the buckets: requests,
-- input and output tokens, each refilled at its limit and at most a sixth of a minute's full. Among those that wait, the
-- tenant that has had the least of the scarcest limit, by its weight, goes first (start-time fair queueing; `turn` is the
-- virtual time, `shares` the tenants' own), then priority, then time. A caller leaves room for those before it that are
-- about to come. Limits are per minute but p_per_second; null: none.
CREATE FUNCTION "orchestrator"."take_capacity"(
	p_model text, p_tenant text, p_goal text, p_task text, p_priority int, p_weight float8,
	p_input float8, p_output float8, p_probe_s float8,
	p_per_second float8, p_requests float8, p_inputs float8, p_outputs float8
) RETURNS TABLE (open boolean, probe boolean, watched boolean, wait_s float8, announce boolean, calm boolean)
LANGUAGE plpgsql AS $$
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
		request_level = r_level - 1, input_level = i_level - p_input, output_level = o_level - p_output,
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
-- What answers say of a model: its limits per minute, what is left of them (buckets only go down to that), tokens that
-- were used beyond the estimate, and that it answers. Null: nothing new.
CREATE FUNCTION "orchestrator"."note_capacity"(
	p_model text, p_requests float8, p_requests_left float8, p_inputs float8, p_inputs_left float8,
	p_outputs float8, p_outputs_left float8, p_more_input float8, p_more_output float8, p_answered boolean
) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	INSERT INTO "orchestrator"."model_gates" AS g (tenant, model, blocked_until, probed_at, request_limit, request_level,
			input_limit, input_level, output_limit, output_level, refilled_at)
		VALUES ('*', p_model, 'epoch', 'epoch', p_requests, p_requests_left, p_inputs, p_inputs_left,
			p_outputs, p_outputs_left, clock_timestamp())
		ON CONFLICT (tenant, model) DO UPDATE SET
			request_limit = coalesce(excluded.request_limit, g.request_limit),
			input_limit = coalesce(excluded.input_limit, g.input_limit),
			output_limit = coalesce(excluded.output_limit, g.output_limit),
			request_level = least(g.request_level, excluded.request_level),
			input_level = least(g.input_level, excluded.input_level) - p_more_input,
			output_level = least(g.output_level, excluded.output_level) - p_more_output,
			refilled_at = CASE WHEN coalesce(g.request_level, g.input_level, g.output_level) IS NULL
				THEN excluded.refilled_at ELSE g.refilled_at END,
			strikes = CASE WHEN p_answered THEN 0 ELSE g.strikes END;
END $$;
--> statement-breakpoint
-- A request of a model failed: opens the breaker for `p_hold_s` once `p_tolerated` have failed in a row.
CREATE FUNCTION "orchestrator"."strike_capacity"(p_model text, p_hold_s float8, p_tolerated int) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	t timestamptz := clock_timestamp();
BEGIN
	INSERT INTO "orchestrator"."model_gates" AS g (tenant, model, blocked_until, probed_at, strikes)
		VALUES ('*', p_model, 'epoch', 'epoch', 1)
		ON CONFLICT (tenant, model) DO UPDATE SET strikes = coalesce(g.strikes, 0) + 1;
	UPDATE "orchestrator"."model_gates" SET probed_at = t,
			blocked_until = greatest(blocked_until, t + make_interval(secs => p_hold_s))
		WHERE tenant = '*' AND model = p_model AND strikes >= p_tolerated;
END $$;
