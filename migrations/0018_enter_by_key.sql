-- A call is looked up in the journal by its key. Joined, the planner, which knows nothing yet of a new table, read all calls of the goals
-- at each request: the more a goal had made, the longer the next one took to enter.

-- Lets requests of a tenant's goals be sent, or says why not, in one round trip: journal, room, budget. An answer for each: `recorded`
-- (result), `exhausted` (failures: it has failed maxFailures times), `no-room` (waitS, announce: as `take_capacity` has them),
-- or `passed` (probe, watched, calm: as `take_capacity` has them; admission: what `admit_calls` says. When that is no admission,
-- the room is taken all the same, and the caller gives it back). `p_calls`: what `admit_calls` takes, and gate: maxFailures, and
-- what `take_capacity` takes.
-- Room is taken in a transaction of its own, so that a model's row is held while it is written and not until a budget is on
-- disk. That transaction is not waited for, as room may be lost in a crash; what is held of a budget may not. Who dies between the two
-- has taken room for nothing: buckets fill again, and the next probe goes an interval later. Must not be called in a transaction.
CREATE OR REPLACE PROCEDURE "orchestrator"."enter_calls"(
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
					LEFT JOIN LATERAL (SELECT result, failures FROM "orchestrator"."model_calls"
						WHERE tenant = p_tenant AND goal_id = e.call->>'goal' AND task_id = e.call->>'task'
							AND revision = (e.call->>'revision')::int AND turn = (e.call->>'turn')::int LIMIT 1) m ON true
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
