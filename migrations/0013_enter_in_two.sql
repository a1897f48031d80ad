DROP FUNCTION "orchestrator"."enter_call";
--> statement-breakpoint
-- Lets a call's request be sent, or says why not, in one round trip: journal, room, budget. One answer: `recorded` (result),
-- `exhausted` (failures: it has failed p_gate's maxFailures times), `no-room` (waitS, announce: as `take_capacity` has them), or
-- `passed` (probe, watched, calm: as `take_capacity` has them; admission: what `admit_call` says. When that is no admission, the
-- room is taken all the same, and the caller gives it back). `p_gate`: maxFailures, and what `take_capacity` takes.
-- Room is taken in a transaction of its own, so that the model's row is held while it is written and not until a budget is on
-- disk. That transaction is not waited for, as room may be lost in a crash; what is held of a budget may not. Who dies between the two
-- has taken room for nothing: buckets fill again, and the next probe goes an interval later. Must not be called in a transaction.
CREATE PROCEDURE "orchestrator"."enter_call"(
	p_tenant text, p_goal text, p_task text, p_revision int, p_turn int, p_gate jsonb, p_request jsonb, p_story jsonb,
	INOUT p_answer jsonb
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	known jsonb;
	failed int;
	pass record;
BEGIN
	SELECT result, failures INTO known, failed FROM "orchestrator"."model_calls"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task AND revision = p_revision AND turn = p_turn;
	IF known IS NOT NULL THEN
		p_answer := jsonb_build_object('state', 'recorded', 'result', known);
		RETURN;
	END IF;
	IF failed >= (p_gate->>'maxFailures')::int THEN
		p_answer := jsonb_build_object('state', 'exhausted', 'failures', failed);
		RETURN;
	END IF;
	SELECT * INTO pass FROM "orchestrator"."take_capacity"(
		p_gate->>'model', p_tenant, p_goal, p_task, (p_gate->>'priority')::int, (p_gate->>'weight')::float8,
		(p_gate->>'inputTokens')::float8, (p_gate->>'outputTokens')::float8, (p_gate->>'probeS')::float8,
		(p_gate->>'requestsPerSecond')::float8, (p_gate->>'requestsPerMinute')::float8,
		(p_gate->>'inputTokensPerMinute')::float8, (p_gate->>'outputTokensPerMinute')::float8);
	IF NOT pass.open THEN
		p_answer := jsonb_build_object('state', 'no-room', 'waitS', pass.wait_s, 'announce', pass.announce);
		RETURN;
	END IF;
	-- `synchronous_commit`, which `take_capacity` turns off for its transaction, is what it was in the next one.
	COMMIT;
	p_answer := jsonb_build_object('state', 'passed', 'probe', pass.probe, 'watched', pass.watched, 'calm', pass.calm,
		'admission', "orchestrator"."admit_call"(p_tenant, p_goal, p_task, p_revision, p_turn, p_request, p_story));
END $$;
