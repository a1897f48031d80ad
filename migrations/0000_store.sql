CREATE SCHEMA IF NOT EXISTS "orchestrator";
--> statement-breakpoint
CREATE TABLE "orchestrator"."blobs" (
	"tenant" text NOT NULL,
	"hash" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "blobs_tenant_hash_pk" PRIMARY KEY("tenant","hash")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."criteria" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"position" integer NOT NULL,
	"criterion" text NOT NULL,
	"verdict" text NOT NULL,
	"quote" text,
	"source" text,
	"reason" text NOT NULL,
	CONSTRAINT "criteria_tenant_goal_id_task_id_position_pk" PRIMARY KEY("tenant","goal_id","task_id","position")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."events" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"number" integer,
	"type" text NOT NULL,
	"task_id" text,
	"data" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "events_tenant_goal_id_seq_pk" PRIMARY KEY("tenant","goal_id","seq")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."goals" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"request" jsonb NOT NULL,
	"body_hash" text NOT NULL,
	"idempotency_key" text,
	"title" text NOT NULL,
	"tags" text[] NOT NULL,
	"simulated" boolean NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"awaiting" text,
	"reason" text,
	"snapshot" text,
	"deliverable" text,
	"census" jsonb,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"cost_micro_usd" bigint DEFAULT 0 NOT NULL,
	"model_calls" integer DEFAULT 0 NOT NULL,
	"tool_calls" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "goals_tenant_goal_id_pk" PRIMARY KEY("tenant","goal_id"),
	CONSTRAINT "goals_idempotency" UNIQUE("tenant","idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."model_calls" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"requests_sent" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"last_failure_type" text,
	"last_failure_message" text,
	"first_sent_at" timestamp (3) with time zone,
	"purpose" text,
	"agent" text,
	"result" jsonb,
	"request_id" text,
	"stop_reason" text,
	"recorded_at" timestamp (3) with time zone,
	CONSTRAINT "model_calls_tenant_goal_id_task_id_revision_turn_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","turn")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."model_gates" (
	"tenant" text NOT NULL,
	"model" text NOT NULL,
	"blocked_until" timestamp (3) with time zone NOT NULL,
	"probed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "model_gates_tenant_model_pk" PRIMARY KEY("tenant","model")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."plans" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"revision" integer NOT NULL,
	"hash" text NOT NULL,
	"bytes" integer NOT NULL,
	"source" text NOT NULL,
	"accepted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "plans_tenant_goal_id_revision_pk" PRIMARY KEY("tenant","goal_id","revision")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."snapshots" (
	"tenant" text NOT NULL,
	"hash" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "snapshots_tenant_hash_pk" PRIMARY KEY("tenant","hash")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."task_results" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"output_hash" text NOT NULL,
	"output_bytes" integer NOT NULL,
	"summary" text NOT NULL,
	"evidence" jsonb NOT NULL,
	CONSTRAINT "task_results_tenant_goal_id_task_id_revision_pk" PRIMARY KEY("tenant","goal_id","task_id","revision")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."tasks" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"position" integer NOT NULL,
	"title" text NOT NULL,
	"agent" text NOT NULL,
	"agent_reason" text NOT NULL,
	"tier" text NOT NULL,
	"depends_on" text[] NOT NULL,
	"optional" boolean NOT NULL,
	"status" text DEFAULT 'waiting' NOT NULL,
	"reason" text,
	"summary" text,
	"revision" integer DEFAULT 0 NOT NULL,
	"cost_micro_usd" bigint DEFAULT 0 NOT NULL,
	"model_calls" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "tasks_tenant_goal_id_task_id_pk" PRIMARY KEY("tenant","goal_id","task_id")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."tool_calls" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"index" integer NOT NULL,
	"name" text NOT NULL,
	"effect" text NOT NULL,
	"args_hash" text NOT NULL,
	"is_error" boolean,
	"bytes" integer,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "tool_calls_tenant_goal_id_task_id_revision_turn_index_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","turn","index")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."transcripts" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"position" integer NOT NULL,
	"role" text NOT NULL,
	"content" jsonb NOT NULL,
	CONSTRAINT "transcripts_tenant_goal_id_task_id_revision_position_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","position")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."usage_ledger" (
	"tenant" text NOT NULL,
	"goal_id" text NOT NULL,
	"task_id" text NOT NULL,
	"revision" integer NOT NULL,
	"turn" integer NOT NULL,
	"model" text NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"cache_read_tokens" bigint NOT NULL,
	"cache_write_5m_tokens" bigint NOT NULL,
	"cache_write_1h_tokens" bigint NOT NULL,
	"web_searches" bigint NOT NULL,
	"cost_micro_usd" bigint NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_ledger_tenant_goal_id_task_id_revision_turn_pk" PRIMARY KEY("tenant","goal_id","task_id","revision","turn")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "events_number" ON "orchestrator"."events" USING btree ("tenant","goal_id","number") WHERE number is not null;--> statement-breakpoint
CREATE INDEX "goals_newest" ON "orchestrator"."goals" USING btree ("tenant","created_at" DESC NULLS LAST,"goal_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "goals_open" ON "orchestrator"."goals" USING btree ("created_at") WHERE ended_at is null;