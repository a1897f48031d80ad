-- Ends a goal, once: what its dead requests still hold counts as spent, its places in the line go, its last events and its end
-- are written (status, reason, deliverable, census), and who waits on the channel is told. Gives numbers of events that are
-- stored already, as `append_events` does, and then has done nothing. An end that is there stays as it is.
CREATE FUNCTION "orchestrator"."close_goal"(p_tenant text, p_goal text, p_end jsonb, p_story jsonb) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	ended boolean;
	known int[];
BEGIN
	PERFORM "orchestrator"."recover_reservations"(p_tenant, p_goal, null);
	DELETE FROM "orchestrator"."capacity_waiters" WHERE tenant = p_tenant AND goal_id = p_goal;
	SELECT ended_at IS NOT NULL INTO ended FROM "orchestrator"."goals"
		WHERE tenant = p_tenant AND goal_id = p_goal FOR UPDATE;
	IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'there is no such goal'; END IF;
	IF ended THEN RETURN '{}'; END IF;
	IF jsonb_array_length(p_story->'events') > 0 THEN
		known := "orchestrator"."append_events"(p_tenant, p_goal, p_story);
		IF cardinality(known) > 0 THEN RETURN known; END IF;
	END IF;
	UPDATE "orchestrator"."goals" SET status = p_end->>'status', awaiting = NULL, reason = p_end->>'reason',
		deliverable = p_end->>'deliverable', census = p_end->'census', ended_at = clock_timestamp()
		WHERE tenant = p_tenant AND goal_id = p_goal;
	PERFORM pg_notify(p_end->>'channel', '');
	RETURN '{}';
END $$;
