-- Every call takes room, and holds the model's row while it does. Left to itself PostgreSQL plans the update of that row anew each
-- time, as it guesses the branches that are not taken to be dear; that took longer than the update.
ALTER FUNCTION "orchestrator"."take_capacity" SET plan_cache_mode = force_generic_plan;
