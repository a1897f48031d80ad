CREATE TABLE "orchestrator"."budget_accounts" (
	"tenant" text NOT NULL,
	"account" text NOT NULL,
	"cap_micro_usd" bigint NOT NULL,
	"settled_micro_usd" bigint DEFAULT 0 NOT NULL,
	"reserved_micro_usd" bigint DEFAULT 0 NOT NULL,
	"warn_share" double precision NOT NULL,
	"warned_at" timestamp (3) with time zone,
	CONSTRAINT "budget_accounts_tenant_account_pk" PRIMARY KEY("tenant","account")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."budget_reservations" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"account" text NOT NULL,
	"micro_usd" bigint NOT NULL,
	CONSTRAINT "budget_reservations_tenant_goal_id_task_id_pk" PRIMARY KEY("tenant","goal_id","task_id")
);

--> statement-breakpoint
-- Holds an amount for a call, or refuses. One round trip; the account's row is locked first, so that what follows sees
-- every earlier change. Whatever else the task holds is of a dead attempt, and is given back first.
CREATE FUNCTION "orchestrator"."reserve_budget"(
	p_tenant text, p_account text, p_goal text, p_task text, p_revision int, p_turn int, p_amount bigint
) RETURNS TABLE (granted boolean, cap bigint, settled bigint, reserved bigint, warns boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	a "orchestrator"."budget_accounts"%ROWTYPE;
	held bigint;
	fits boolean;
BEGIN
	SELECT * INTO a FROM "orchestrator"."budget_accounts" WHERE tenant = p_tenant AND account = p_account FOR UPDATE;
	IF NOT FOUND THEN RETURN; END IF;
	DELETE FROM "orchestrator"."budget_reservations"
		WHERE tenant = p_tenant AND goal_id = p_goal AND task_id = p_task RETURNING micro_usd INTO held;
	a.reserved_micro_usd := a.reserved_micro_usd - coalesce(held, 0);
	fits := a.settled_micro_usd + a.reserved_micro_usd + p_amount <= a.cap_micro_usd;
	IF fits THEN
		INSERT INTO "orchestrator"."budget_reservations" (tenant, goal_id, task_id, revision, turn, account, micro_usd)
			VALUES (p_tenant, p_goal, p_task, p_revision, p_turn, p_account, p_amount);
		a.reserved_micro_usd := a.reserved_micro_usd + p_amount;
	END IF;
	UPDATE "orchestrator"."budget_accounts" SET reserved_micro_usd = a.reserved_micro_usd
		WHERE tenant = p_tenant AND account = p_account;
	RETURN QUERY SELECT fits, a.cap_micro_usd, a.settled_micro_usd, a.reserved_micro_usd,
		a.warned_at IS NULL AND a.settled_micro_usd + a.reserved_micro_usd >= a.warn_share * a.cap_micro_usd;
END $$;
--> statement-breakpoint
-- Ends what a call holds: `p_cost` of it was paid (0: it was not made). Says by how much the account is over its cap.
CREATE FUNCTION "orchestrator"."settle_budget"(
	p_tenant text, p_account text, p_goal text, p_task text, p_revision int, p_turn int, p_cost bigint
) RETURNS bigint
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	held bigint;
	excess bigint;
BEGIN
	PERFORM 1 FROM "orchestrator"."budget_accounts" WHERE tenant = p_tenant AND account = p_account FOR UPDATE;
	DELETE FROM "orchestrator"."budget_reservations" WHERE tenant = p_tenant AND goal_id = p_goal
		AND task_id = p_task AND revision = p_revision AND turn = p_turn RETURNING micro_usd INTO held;
	UPDATE "orchestrator"."budget_accounts"
		SET settled_micro_usd = settled_micro_usd + p_cost, reserved_micro_usd = reserved_micro_usd - coalesce(held, 0)
		WHERE tenant = p_tenant AND account = p_account
		RETURNING greatest(0, settled_micro_usd + reserved_micro_usd - cap_micro_usd) INTO excess;
	RETURN coalesce(excess, 0);
END $$;
