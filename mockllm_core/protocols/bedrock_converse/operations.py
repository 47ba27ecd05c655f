"""What the clients of Bedrock can call beside what is served here: nothing is there to list, and nothing else is allowed.

The caller is one who may use models and look around. Source: the service models of bedrock-runtime and bedrock.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mockllm_core.routing import match

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LISTS", "denial"]

LISTS: Mapping[str, str] = {
    "/advanced-prompt-optimization-jobs": "jobSummaries",
    "/async-invoke": "asyncInvokeSummaries",
    "/automated-reasoning-policies": "automatedReasoningPolicySummaries",
    "/custom-models": "modelSummaries",
    "/enforcedGuardrailsConfiguration": "guardrailsConfig",
    "/evaluation-jobs": "jobSummaries",
    "/guardrails": "guardrails",
    "/imported-models": "modelSummaries",
    "/marketplace-model/endpoints": "marketplaceModelEndpoints",
    "/model-copy-jobs": "modelCopyJobSummaries",
    "/model-customization-jobs": "modelCustomizationJobSummaries",
    "/model-customization/custom-model-deployments": "modelDeploymentSummaries",
    "/model-import-jobs": "modelImportJobSummaries",
    "/model-invocation-jobs": "invocationJobSummaries",
    "/prompt-routers": "promptRouterSummaries",
    "/provisioned-model-throughputs": "provisionedModelSummaries",
}
"""Path and member of each list; all are empty."""

_OPERATIONS = """
BatchDeleteAdvancedPromptOptimizationJob POST /advanced-prompt-optimization-job/batch-delete
CreateAdvancedPromptOptimizationJob POST /advanced-prompt-optimization-jobs
GetAdvancedPromptOptimizationJob GET /advanced-prompt-optimization-jobs/{job}
StopAdvancedPromptOptimizationJob POST /advanced-prompt-optimization-jobs/{job}/stop
StartAsyncInvoke POST /async-invoke
GetAsyncInvoke GET /async-invoke/{invocationArn}
CreateAutomatedReasoningPolicy POST /automated-reasoning-policies
DeleteAutomatedReasoningPolicy DELETE /automated-reasoning-policies/{policyArn}
GetAutomatedReasoningPolicy GET /automated-reasoning-policies/{policyArn}
UpdateAutomatedReasoningPolicy PATCH /automated-reasoning-policies/{policyArn}
ListAutomatedReasoningPolicyBuildWorkflows GET /automated-reasoning-policies/{policyArn}/build-workflows
DeleteAutomatedReasoningPolicyBuildWorkflow DELETE /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}
GetAutomatedReasoningPolicyBuildWorkflow GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}
GetAutomatedReasoningPolicyAnnotations GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/annotations
UpdateAutomatedReasoningPolicyAnnotations PATCH /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/annotations
CancelAutomatedReasoningPolicyBuildWorkflow POST /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/cancel
GetAutomatedReasoningPolicyBuildWorkflowResultAssets GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/result-assets
GetAutomatedReasoningPolicyNextScenario GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/scenarios
GetAutomatedReasoningPolicyTestResult GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/test-cases/{testCaseId}/test-results
ListAutomatedReasoningPolicyTestResults GET /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/test-results
StartAutomatedReasoningPolicyTestWorkflow POST /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowId}/test-workflows
StartAutomatedReasoningPolicyBuildWorkflow POST /automated-reasoning-policies/{policyArn}/build-workflows/{buildWorkflowType}/start
ExportAutomatedReasoningPolicyVersion GET /automated-reasoning-policies/{policyArn}/export
ListAutomatedReasoningPolicyTestCases GET /automated-reasoning-policies/{policyArn}/test-cases
CreateAutomatedReasoningPolicyTestCase POST /automated-reasoning-policies/{policyArn}/test-cases
DeleteAutomatedReasoningPolicyTestCase DELETE /automated-reasoning-policies/{policyArn}/test-cases/{testCaseId}
GetAutomatedReasoningPolicyTestCase GET /automated-reasoning-policies/{policyArn}/test-cases/{testCaseId}
UpdateAutomatedReasoningPolicyTestCase PATCH /automated-reasoning-policies/{policyArn}/test-cases/{testCaseId}
CreateAutomatedReasoningPolicyVersion POST /automated-reasoning-policies/{policyArn}/versions
CreateFoundationModelAgreement POST /create-foundation-model-agreement
CreateCustomModel POST /custom-models/create-custom-model
DeleteCustomModel DELETE /custom-models/{model}
GetCustomModel GET /custom-models/{model}
GetAccountDataRetention GET /data-retention
PutAccountDataRetention PUT /data-retention
DeleteFoundationModelAgreement POST /delete-foundation-model-agreement
PutEnforcedGuardrailConfiguration PUT /enforcedGuardrailsConfiguration
DeleteEnforcedGuardrailConfiguration DELETE /enforcedGuardrailsConfiguration/{configId}
StopEvaluationJob POST /evaluation-job/{job}/stop
CreateEvaluationJob POST /evaluation-jobs
BatchDeleteEvaluationJob POST /evaluation-jobs/batch-delete
GetEvaluationJob GET /evaluation-jobs/{job}
InvokeGuardrailChecks POST /guardrail-checks/invoke
ApplyGuardrail POST /guardrail/{guardrail}/version/{guardrailVersion}/apply
CreateGuardrail POST /guardrails
DeleteGuardrail DELETE /guardrails/{guardrail}
GetGuardrail GET /guardrails/{guardrail}
CreateGuardrailVersion POST /guardrails/{guardrail}
UpdateGuardrail PUT /guardrails/{guardrail}
DeleteImportedModel DELETE /imported-models/{model}
GetImportedModel GET /imported-models/{model}
CreateInferenceProfile POST /inference-profiles
DeleteInferenceProfile DELETE /inference-profiles/{inferenceProfile}
ListFoundationModelAgreementOffers GET /list-foundation-model-agreement-offers/{modelId}
ListTagsForResource POST /listTagsForResource
DeleteModelInvocationLoggingConfiguration DELETE /logging/modelinvocations
GetModelInvocationLoggingConfiguration GET /logging/modelinvocations
PutModelInvocationLoggingConfiguration PUT /logging/modelinvocations
CreateMarketplaceModelEndpoint POST /marketplace-model/endpoints
DeleteMarketplaceModelEndpoint DELETE /marketplace-model/endpoints/{endpointArn}
GetMarketplaceModelEndpoint GET /marketplace-model/endpoints/{endpointArn}
UpdateMarketplaceModelEndpoint PATCH /marketplace-model/endpoints/{endpointArn}
DeregisterMarketplaceModelEndpoint DELETE /marketplace-model/endpoints/{endpointArn}/registration
RegisterMarketplaceModelEndpoint POST /marketplace-model/endpoints/{endpoint}/registration
CreateModelCopyJob POST /model-copy-jobs
GetModelCopyJob GET /model-copy-jobs/{jobArn}
CreateModelCustomizationJob POST /model-customization-jobs
GetModelCustomizationJob GET /model-customization-jobs/{job}
StopModelCustomizationJob POST /model-customization-jobs/{job}/stop
CreateCustomModelDeployment POST /model-customization/custom-model-deployments
DeleteCustomModelDeployment DELETE /model-customization/custom-model-deployments/{customModelDeployment}
GetCustomModelDeployment GET /model-customization/custom-model-deployments/{customModelDeployment}
UpdateCustomModelDeployment PATCH /model-customization/custom-model-deployments/{customModelDeployment}
CreateModelImportJob POST /model-import-jobs
GetModelImportJob GET /model-import-jobs/{job}
CreateModelInvocationJob POST /model-invocation-job
GetModelInvocationJob GET /model-invocation-job/{job}
StopModelInvocationJob POST /model-invocation-job/{job}/stop
InvokeModelWithBidirectionalStream POST /model/{modelId}/invoke-with-bidirectional-stream
CreatePromptRouter POST /prompt-routers
DeletePromptRouter DELETE /prompt-routers/{promptRouterArn}
GetPromptRouter GET /prompt-routers/{promptRouterArn}
CreateProvisionedModelThroughput POST /provisioned-model-throughput
DeleteProvisionedModelThroughput DELETE /provisioned-model-throughput/{provisionedModelId}
GetProvisionedModelThroughput GET /provisioned-model-throughput/{provisionedModelId}
UpdateProvisionedModelThroughput PATCH /provisioned-model-throughput/{provisionedModelId}
PutResourcePolicy POST /resource-policy
DeleteResourcePolicy DELETE /resource-policy/{resourceArn}
GetResourcePolicy GET /resource-policy/{resourceArn}
TagResource POST /tagResource
UntagResource POST /untagResource
GetUseCaseForModelAccess GET /use-case-for-model-access
PutUseCaseForModelAccess POST /use-case-for-model-access
"""
"""Name, method and path of every other operation."""

_USER = "arn:aws:iam::123456789012:user/developer"


def denial(method: str, path: str) -> str | None:
    """Return the sentence with which IAM denies the operation of that method and path, None when there is none.

    The words are those of public reports of 2024 to 2026.
    """
    found = [
        (len(template), operation, held)
        for operation, template in _by_method().get(method, ())
        if (held := match(template, path)) is not None
    ]
    if not found:
        return None
    _, operation, held = max(found, key=lambda one: one[0])
    action = f"bedrock:{operation}"
    return (
        f"User: {_USER} is not authorized to perform: {action} on resource: {_resource(path, held)} "
        f"because no identity-based policy allows the {action} action"
    )


@cache
def _by_method() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for line in _OPERATIONS.split("\n")[1:-1]:
        operation, method, template = line.split()
        found.setdefault(method, []).append((operation, template))
    return found


def _resource(path: str, held: Mapping[str, str]) -> str:
    """Return the ARN of what the path names first; an operation that names nothing is denied for all there is."""
    name = next(iter(held.values()), "")
    if not name or name.startswith("arn:"):
        return name or "*"
    kind = path.split("/")[1].removesuffix("s")
    return f"arn:aws:bedrock:us-east-1:123456789012:{kind}/{name}"
