"""Do searches find what simulated neurons encode, over trajectories as animals run them?"""
