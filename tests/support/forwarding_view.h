// A view that answers as another one does; tests override what they are about.
#pragma once

#include "rules/model/cluster_view.h"

namespace pxguard {

class ForwardingView : public model::ClusterView {
 public:
  explicit ForwardingView(const model::ClusterView& base) : base_(base) {}

  model::Lookup<model::SecretFacts> secret(const model::Object& from, std::string_view ns,
                                           std::string_view name) const override {
    return base_.secret(from, ns, name);
  }
  model::Lookup<model::SecretFacts> config_map(const model::Object& from, std::string_view ns,
                                               std::string_view name) const override {
    return base_.config_map(from, ns, name);
  }
  model::Lookup<model::PortworxConfig> portworx(const model::Object& from) const override {
    return base_.portworx(from);
  }
  Storks storks(const model::Object& portworx) const override { return base_.storks(portworx); }
  model::Lookup<model::Object> object(const model::Object& from, std::string_view kind,
                                      std::string_view ns, std::string_view name) const override {
    return base_.object(from, kind, ns, name);
  }
  Objects dependents(const model::Object& portworx) const override {
    return base_.dependents(portworx);
  }
  Objects referrers(const model::Object& secret) const override { return base_.referrers(secret); }

 private:
  const model::ClusterView& base_;
};

}  // namespace pxguard
