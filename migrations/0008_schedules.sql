CREATE TABLE "orchestrator"."schedule_ticks" (
	"tenant" text NOT NULL,
	"schedule_id" text NOT NULL,
	"nominal_at" timestamp (3) with time zone NOT NULL,
	"goal_id" text,
	"skipped" text,
	"late" boolean NOT NULL,
	"late_ms" bigint NOT NULL,
	"hash" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedule_ticks_tenant_schedule_id_nominal_at_pk" PRIMARY KEY("tenant","schedule_id","nominal_at")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."schedules" (
	"tenant" text NOT NULL,
	"schedule_id" text NOT NULL,
	"definition" jsonb NOT NULL,
	"hash" text NOT NULL,
	"author" text NOT NULL,
	"simulated" boolean NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedules_tenant_schedule_id_pk" PRIMARY KEY("tenant","schedule_id")
);
--> statement-breakpoint
CREATE INDEX "schedule_ticks_goal" ON "orchestrator"."schedule_ticks" USING btree ("tenant","goal_id") WHERE goal_id is not null;