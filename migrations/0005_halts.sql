CREATE TABLE "orchestrator"."halts" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"since" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "halts_tenant_goal_id_pk" PRIMARY KEY("tenant","goal_id")
);
