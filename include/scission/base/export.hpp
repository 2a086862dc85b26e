// SCISSION_EXPORT marks what a shared build exports; everything else is hidden in it.
//
//     class SCISSION_EXPORT Planner { … };
//     SCISSION_EXPORT Plan best_plan(const PartitionProblem& problem);
#pragma once

#if defined(_WIN32) || defined(__CYGWIN__)
#if defined(SCISSION_STATIC)
#define SCISSION_EXPORT
#elif defined(SCISSION_BUILDING)
#define SCISSION_EXPORT __declspec(dllexport)
#else
#define SCISSION_EXPORT __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SCISSION_EXPORT __attribute__((visibility("default")))
#else
#define SCISSION_EXPORT
#endif
