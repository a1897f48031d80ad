CREATE TABLE "orchestrator"."batch_calls" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"submission" text NOT NULL,
	"size" integer NOT NULL,
	"attempt" text NOT NULL,
	"micro_usd" bigint NOT NULL,
	"batch_id" text,
	"outcome" text,
	"intended_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "batch_calls_tenant_goal_id_task_id_revision_turn_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","turn")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."usage_ledger" ADD COLUMN "batch" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "batch_calls_submission" ON "orchestrator"."batch_calls" USING btree ("submission");--> statement-breakpoint
CREATE INDEX "batch_calls_batch" ON "orchestrator"."batch_calls" USING btree ("batch_id");